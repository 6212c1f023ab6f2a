"""The settings written out: what is in force, and the reference of all fields."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue, SecretStr
from pydantic.fields import FieldInfo

from beamdesk.gateway.config.settings import BrokerSettings, PlanSettings, Settings
from beamdesk.gateway.config.sources import Provenance
from beamdesk.gateway.config.units import Unit

__all__ = ["Effective", "effective", "reference"]

MASK = "********"

_TELLING = re.compile(r"pass|secret|token|credential|private|(^|_)key$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Effective:
    """One value in force. Secrets are masked."""

    path: str
    value: JsonValue
    unit: str | None
    source: str


def effective(settings: Settings, provenance: Provenance) -> Iterator[Effective]:
    """Every value in force in the order of the reference."""
    yield from _effective("", settings, provenance)


def reference() -> str:
    """The reference page of the configuration, in Markdown."""
    lines = ["# Configuration", ""]
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            lines += _section(f"[{name}]", section)
    lines += _section("[brokers.<name>]", BrokerSettings)
    lines += _section("[[plans]]", PlanSettings)
    return "\n".join(lines)


def _effective(
    prefix: str, value: object, provenance: Provenance, field: FieldInfo | None = None
) -> Iterator[Effective]:
    match value:
        case BaseModel():
            for name, inner in type(value).model_fields.items():
                yield from _effective(_join(prefix, name), getattr(value, name), provenance, inner)
            for name, option in (value.model_extra or {}).items():
                path = _join(prefix, name)
                yield Effective(
                    path, _masked_option(path, option, provenance), None, _source(path, provenance)
                )
        case Mapping():
            for name, inner_value in value.items():
                yield from _effective(_join(prefix, str(name)), inner_value, provenance)
        case tuple() if value and all(isinstance(item, BaseModel) for item in value):
            for number, item in enumerate(value):
                yield from _effective(_join(prefix, str(number)), item, provenance)
        case _:
            yield Effective(prefix, _plain(value), _unit(field), _source(prefix, provenance))


def _masked_option(path: str, option: JsonValue, provenance: Provenance) -> JsonValue:
    """A plug-in's option; we do not know which are secret, so names and sources have to tell."""
    if _TELLING.search(path) or _source(path, provenance).startswith("secret file"):
        return MASK
    match option:
        case dict():
            return {key: _masked_option(_join(path, key), inner, provenance) for key, inner in option.items()}
        case list():
            return [
                _masked_option(_join(path, str(number)), inner, provenance)
                for number, inner in enumerate(option)
            ]
        case _:
            return option


def _section(title: str, section: type[BaseModel]) -> list[str]:
    lines = [f"## {title}", "", (section.__doc__ or "").strip(), ""]
    lines += ["| key | default | unit | meaning |", "| --- | --- | --- | --- |"]
    for name, field in section.model_fields.items():
        meaning = " ".join((field.description or "").split())
        default = _plain(field.get_default(call_default_factory=True, validated_data={}))
        lines.append(f"| `{name}` | `{_toml(default)}` | {_unit(field) or ''} | {meaning} |")
    return [*lines, ""]


def _plain(value: object) -> JsonValue:
    match value:
        case SecretStr():
            return MASK if value.get_secret_value() else ""
        case None | bool() | int() | float() | str():
            return value
        case tuple() | list():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def _toml(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return str(value)


def _unit(field: FieldInfo | None) -> str | None:
    found = [item.name for item in (field.metadata if field else ()) if isinstance(item, Unit)]
    return found[0] if found else None


def _source(path: str, provenance: Provenance) -> str:
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        found = provenance.get(".".join(parts[:length]))
        if found is not None:
            return found
    return "default"


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
