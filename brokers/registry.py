"""Finds brokers by the kind that a configuration names, and makes them from its options.

A plug-in is a class behind an entry point of the group `beamdesk.brokers`: it is called with name,
deployment and settings, and its `settings_model` (pydantic) says which options there are.
"""

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from pydantic import BaseModel, ValidationError

from beamdesk.brokers.protocol import Broker

__all__ = ["GROUP", "BrokerPlugin", "BrokerSetupError", "kinds", "make_broker", "settings_of"]

GROUP = "beamdesk.brokers"


class BrokerSetupError(ValueError):
    """A configured broker cannot be made; each of `faults` is for the operator and names the option."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class BrokerPlugin(Protocol):
    """What an entry point leads to."""

    settings_model: type[BaseModel]

    def __call__(self, name: str, deployment: str, settings: BaseModel) -> Broker: ...


def kinds() -> list[str]:
    """The kinds that are installed."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def make_broker(kind: str, name: str, deployment: str, options: Mapping[str, object], folder: Path) -> Broker:
    """The broker *name* of this *kind*; a setting `folder` that *options* leave out is *folder*.

    Raises BrokerSetupError for an unknown kind, a plug-in that cannot be loaded, and options that are wrong.
    """
    settings = settings_of(kind, name, options, folder)
    try:
        return _plugin(kind, name)(name, deployment, settings)
    except ValueError as error:
        raise BrokerSetupError(f"brokers.{name}: {error}") from error


def settings_of(kind: str, name: str, options: Mapping[str, object], folder: Path) -> BaseModel:
    """What `make_broker` would make the broker from; raises the same, makes nothing."""
    model = _plugin(kind, name).settings_model
    defaults = {"folder": folder} if "folder" in model.model_fields else {}
    try:
        return model.model_validate({**defaults, **options})
    except ValidationError as error:
        raise BrokerSetupError(
            *(
                f"brokers.{'.'.join(str(part) for part in (name, *fault['loc']))}: "
                + ("there is no such option" if fault["type"] == "extra_forbidden" else fault["msg"])
                for fault in error.errors(include_url=False, include_context=False, include_input=False)
            )
        ) from error


def _plugin(kind: str, name: str) -> BrokerPlugin:
    found = entry_points(group=GROUP, name=kind)
    if not found:
        known = ", ".join(kinds()) or "none"
        raise BrokerSetupError(f"brokers.{name}.kind: no broker is of kind {kind!r}; installed: {known}")
    [entry, *others] = found
    if others:
        places = ", ".join(sorted(entry.value for entry in found))
        raise BrokerSetupError(f"brokers.{name}.kind: several packages bring {kind!r}: {places}")
    try:
        return cast("BrokerPlugin", entry.load())
    except (ImportError, AttributeError) as error:
        raise BrokerSetupError(f"brokers.{name}.kind: {kind!r} cannot be loaded: {error}") from error
