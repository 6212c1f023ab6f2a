"""Brokers from plug-ins: found by the entry point group `beamdesk.brokers`, built from their options."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from pydantic import BaseModel, ValidationError

from beamdesk.brokers.protocol import Broker
from beamdesk.gateway.config.settings import BrokerSettings, Settings

__all__ = ["BrokerPlugin", "PluginRefused", "load_brokers", "option_faults"]

GROUP = "beamdesk.brokers"


class BrokerPlugin(Protocol):
    """What an entry point leads to: a class with the model of its own options."""

    settings_model: type[BaseModel]

    def __call__(self, name: str, deployment: str, settings: BaseModel) -> Broker: ...


class PluginRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """A plug-in is missing or its options have faults; `faults` are sentences with full paths."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load_brokers(settings: Settings) -> dict[str, Broker]:
    """The configured brokers by name. Raises `PluginRefused` with the faults of all."""
    faults = option_faults(settings)
    if faults:
        raise PluginRefused(faults)
    return {
        name: _plugin(configured.kind)(name, settings.server.deployment, _options(name, configured, settings))
        for name, configured in settings.brokers.items()
    }


def option_faults(settings: Settings) -> list[str]:
    """What is wrong with the brokers' kinds and options, as sentences with full paths."""
    faults: list[str] = []
    for name, configured in settings.brokers.items():
        try:
            _options(name, configured, settings)
        except PluginRefused as refusal:
            faults += refusal.faults
        except ValidationError as error:
            faults += [
                f"brokers.{name}.{'.'.join(map(str, fault['loc']))}: {_said(fault['type'], fault['msg'])}"
                for fault in error.errors()
            ]
    return faults


def _plugin(kind: str) -> BrokerPlugin:
    found = entry_points(group=GROUP, name=kind)
    if not found:
        known = ", ".join(sorted(entry_points(group=GROUP).names))
        raise PluginRefused([f"there is no broker of the kind {kind!r}; installed are: {known}"])
    return cast("BrokerPlugin", next(iter(found)).load())


def _options(name: str, configured: BrokerSettings, settings: Settings) -> BaseModel:
    try:
        model = _plugin(configured.kind).settings_model
    except PluginRefused as refusal:
        raise PluginRefused([f"brokers.{name}.kind: {fault}" for fault in refusal.faults]) from None
    return model.model_validate({**_defaults(name, model, settings.server.data_dir), **configured.options})


def _defaults(name: str, model: type[BaseModel], data_dir: Path) -> Mapping[str, object]:
    """A plug-in that needs a folder gets one of its own in the data folder."""
    folder = model.model_fields.get("folder")
    return (
        {"folder": data_dir.resolve() / "brokers" / name}
        if folder is not None and folder.is_required()
        else {}
    )


def _said(kind: str, message: str) -> str:
    return "there is no such option" if kind == "extra_forbidden" else message.removeprefix("Value error, ")
