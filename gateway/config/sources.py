"""Reads the TOML file, the environment, secret files and the command line into one `Settings`.

Later sources win: defaults, file, environment, command line. Every key is either known or refused, with
its full path and where it stands; nothing is silently ignored.
"""

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from beamdesk.gateway.config.settings import Settings

__all__ = ["DEFAULT_FILE", "ConfigurationRefused", "Loaded", "Provenance", "load"]

DEFAULT_FILE = Path("beamdesk.toml")
PREFIX = "BEAMDESK__"

KeyPath = tuple[str | int, ...]
Provenance = Mapping[str, str]
"""Where each value that is no default comes from, by its full path, as in `server.port`."""


class ConfigurationRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """The configuration cannot be used; `faults` are sentences, each with the full path of a key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, and where they come from."""

    settings: Settings
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class _Given:
    """One value as a source gave it."""

    path: KeyPath
    value: object
    source: str


def load(
    *,
    file: Path | None = None,
    environment: Mapping[str, str],
    command_line: Mapping[str, object] | None = None,
) -> Loaded:
    """The configuration in force. *file* is None for `beamdesk.toml`, if there is one.

    *command_line* has full paths as keys (`server.port`). Raises `ConfigurationRefused` with all
    faults at once.
    """
    faults: list[str] = []
    given = [
        *_from_file(file, faults),
        *_from_environment(environment, faults),
        *(
            _Given(tuple(path.split(".")), value, "command line")
            for path, value in (command_line or {}).items()
            if value is not None
        ),
    ]
    tree: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    for item in given:
        _put(tree, item, provenance, faults)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        faults.extend(
            _sentence(fault["loc"], fault["type"], fault["msg"], provenance) for fault in error.errors()
        )
        raise ConfigurationRefused(faults) from None
    if faults:
        raise ConfigurationRefused(faults)
    return Loaded(settings, provenance)


def _from_file(file: Path | None, faults: list[str]) -> Iterator[_Given]:
    path = file or DEFAULT_FILE
    if file is None and not path.exists():
        return
    try:
        with path.open("rb") as stream:
            document = tomllib.load(stream)
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror}")
        return
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: is not valid TOML: {error}")
        return
    yield from _leaves((), document, str(path))


def _leaves(path: KeyPath, value: object, source: str) -> Iterator[_Given]:
    """The values of a table. Lists stay whole, so that a later source replaces and never mixes them."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner, source)
    else:
        yield _Given(path, value, source)


def _from_environment(environment: Mapping[str, str], faults: list[str]) -> Iterator[_Given]:
    taken: dict[KeyPath, str] = {}
    for name in sorted(name for name in environment if name.startswith(PREFIX)):
        value = environment[name]
        if not value:
            # Compose files and unit files pass on variables that are not set as empty ones.
            continue
        parts = name.removeprefix(PREFIX).lower().split("__")
        is_file = len(parts) > 1 and parts[-1] == "file"
        path: KeyPath = tuple(parts[:-1] if is_file else parts)
        if path in taken:
            faults.append(f"{_dotted(path)}: is set by both {taken[path]} and {name}")
            continue
        taken[path] = name
        source = f"environment {name}"
        if is_file:
            try:
                # Editors and `echo` end a file with a line break that is no part of the secret.
                value = Path(value).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{_dotted(path)}: {name} names a file that cannot be read: {error}")
                continue
            source = f"secret file of {name}"
        yield _Given(path, _parsed(path, value, faults), source)


def _parsed(path: KeyPath, text: str, faults: list[str]) -> object:
    """What *text* means at *path*: lists and tables are JSON, a list may also be words with commas."""
    kind = _kind_of(path)
    if kind is None:
        # An option of a plug-in: numbers, booleans and lists as JSON, everything else as it stands.
        try:
            return json.loads(text)
        except ValueError:
            return text
    if kind is str:
        return text
    if kind is list and not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",")]
    try:
        return json.loads(text)
    except ValueError as error:
        faults.append(f"{_dotted(path)}: is not valid JSON: {error}")
        return None


def _kind_of(path: KeyPath) -> type | None:
    """`str` for scalars, whose text pydantic reads; `list`, `dict`; None where nobody here knows."""
    annotation: object = Settings
    for part in path:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(str(part))
            if field is None:
                return None if annotation.model_config.get("extra") == "allow" else str
            annotation = field.annotation
        else:
            return None
    return _kind(annotation)


def _kind(annotation: object) -> type:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        kinds = {_kind(inner) for inner in get_args(annotation) if inner is not type(None)}
        return kinds.pop() if len(kinds) == 1 else str
    if origin in {tuple, list}:
        return list
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return dict
    return str


def _put(tree: dict[str, Any], item: _Given, provenance: dict[str, str], faults: list[str]) -> None:
    *outer, last = map(str, item.path)
    table = tree
    for key in outer:
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):
            faults.append(f"{_dotted(item.path)}: {key} is not a table (set in {item.source})")
            return
        table = inner
    table[last] = item.value
    inside = _dotted(item.path) + "."
    for path in [path for path in provenance if path.startswith(inside)]:
        del provenance[path]
    provenance[_dotted(item.path)] = item.source


def _sentence(where: KeyPath, kind: str, message: str, provenance: Provenance) -> str:
    path = _dotted(where)
    stands = _source_of(path, provenance)
    suffix = f" (in {stands})" if stands else ""
    if kind == "extra_forbidden":
        return f"{path}: there is no such key{suffix}{_suggestion(where)}"
    said = message.removeprefix("Value error, ")
    return f"{path}: {said}{suffix}" if path else f"{said}{suffix}"


def _source_of(path: str, provenance: Provenance) -> str | None:
    """Where *path* was set: itself, the list around it, or what stands below it."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        found = provenance.get(".".join(parts[:length]))
        if found is not None:
            return found
    below = [source for key, source in provenance.items() if key.startswith(path + ".")]
    return below[0] if below else None


def _suggestion(where: KeyPath) -> str:
    model: object = Settings
    for part in where[:-1]:
        field = (
            model.model_fields.get(str(part))
            if isinstance(model, type) and issubclass(model, BaseModel)
            else None
        )
        if field is None:
            return ""
        model = field.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ""
    close = difflib.get_close_matches(str(where[-1]), model.model_fields, n=1)
    return f"; did you mean {_dotted((*where[:-1], close[0]))}?" if close else ""


def _dotted(path: KeyPath) -> str:
    return ".".join(map(str, path))
