"""What a browser may choose of its connection: a list that is meant to stay short.

Parameters of guacd name hosts, files and commands: nothing of the query reaches it but what is checked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from beamdesk.gateway.http.problems import Problem

__all__ = ["USUAL_IMAGES", "Wishes", "wishes_of"]

SMALLEST_SIDE: Final = 64
LARGEST_SIDE: Final = 8192

USUAL_IMAGES: Final = ("image/png", "image/jpeg")
"""Of who does not say. WebP takes guacd about three times the CPU: it is for those who ask for it."""

_IMAGES: Final = ("image/png", "image/jpeg", "image/webp")
_MOST_OF_A_KIND: Final = 8
_TIMEZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}")
_KEYBOARD: Final = re.compile(r"[a-z]{2,12}(\([a-z0-9_-]{1,16}\))?")
_AUDIO: Final = re.compile(r"audio/[A-Za-z0-9.+-]{1,32}(;[A-Za-z0-9=,]{1,64})?")


@dataclass(frozen=True, slots=True)
class Wishes:
    """Sizes in pixels, formats as MIME types in the browser's order; None where it did not say."""

    width: int | None = None
    height: int | None = None
    dpi: int = 96
    images: tuple[str, ...] = USUAL_IMAGES
    audio: tuple[str, ...] = ()
    timezone: str | None = None
    keyboard: str | None = None


def wishes_of(request: web.Request) -> Wishes:
    """Read the query; raises `Problem` for what is not in `Wishes`, and for what cannot be meant."""
    allowed = {*_SINGLE, *_SEVERAL, "ticket"}
    for name in request.query:
        if name not in allowed:
            raise Problem(
                400, "unknown-parameter", f"A browser cannot set {name[:32]!r}: the plan and the machine do."
            )
    single = {name: _one(request, name, read) for name, read in _SINGLE.items() if name in request.query}
    several = {field: _all(request, name, read) for name, (field, read) in _SEVERAL.items()}
    return Wishes(**single, **{field: said for field, said in several.items() if said})  # type: ignore[arg-type]  # each reader gives its field's type


def _one(request: web.Request, name: str, read: Callable[[str], object]) -> object:
    values = request.query.getall(name)
    if len(values) != 1:
        raise _bad(name)
    try:
        return read(values[0])
    except ValueError:
        raise _bad(name) from None


def _all(request: web.Request, name: str, read: Callable[[str], str | None]) -> tuple[str, ...]:
    values = request.query.getall(name, [])
    if len(values) > _MOST_OF_A_KIND:
        raise _bad(name)
    try:
        read_values = [read(value) for value in values]
    except ValueError:
        raise _bad(name) from None
    return tuple(dict.fromkeys(value for value in read_values if value is not None))


def _bad(name: str) -> Problem:
    return Problem(400, "bad-parameter", f"The value of {name!r} cannot be used.")


def _between(smallest: int, largest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and smallest <= int(text) <= largest):
            raise ValueError
        return int(text)

    return read


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError
        return text

    return read


def _image(text: str) -> str | None:
    """Browsers may know formats that guacd does not."""
    if not re.fullmatch(r"image/[a-z0-9.+-]{1,32}", text):
        raise ValueError
    return text if text in _IMAGES else None


_SINGLE: Final[Mapping[str, Callable[[str], object]]] = {
    "width": _between(SMALLEST_SIDE, LARGEST_SIDE),
    "height": _between(SMALLEST_SIDE, LARGEST_SIDE),
    "dpi": _between(24, 960),
    "timezone": _matching(_TIMEZONE),
    "keyboard": _matching(_KEYBOARD),
}
_SEVERAL: Final[Mapping[str, tuple[str, Callable[[str], str | None]]]] = {
    "image": ("images", _image),
    "audio": ("audio", _matching(_AUDIO)),
}
