"""What the arguments of a viewer's instructions may be: guacd checks neither their number nor their range."""

import re
from collections.abc import Callable
from typing import Final

__all__ = ["ARGUMENTS", "Check"]

Check = Callable[[str], bool]

MOST_STREAMS: Final = 512
"""`GUAC_USER_MAX_STREAMS` since guacd 1.6; earlier ones have 64 and answer the others with an error."""

MOST_OBJECTS: Final = 64
"""`GUAC_USER_MAX_OBJECTS`."""

LARGEST_KEYSYM: Final = 0x1FFFFFF
"""X11's keysyms with the prefix 0x01000000 for Unicode end at 0x0110FFFF; vendors' stay below this."""

LARGEST_COORDINATE: Final = 32767
"""Coordinates have sixteen bits in RFB and RDP."""

_MOST_DIGITS: Final = 18
_NEGATIVE = re.compile(rf"-[0-9]{{1,{_MOST_DIGITS}}}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?")
_MIMETYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}(;[\x20-\x7e]{1,128})?")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,1024}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{0,1024}")


def _integer(smallest: int, largest: int) -> Check:
    def check(text: str) -> bool:
        # What is asked first answers nearly always, and costs less than an expression.
        plain = text.isdigit() and text.isascii() and len(text) <= _MOST_DIGITS
        return (plain or _NEGATIVE.fullmatch(text) is not None) and smallest <= int(text) <= largest

    return check


def _decimal(smallest: float, largest: float) -> Check:
    return lambda text: _DECIMAL.fullmatch(text) is not None and smallest <= float(text) <= largest


def _matching(pattern: re.Pattern[str]) -> Check:
    return lambda text: pattern.fullmatch(text) is not None


_stream = _integer(0, MOST_STREAMS - 1)
_object = _integer(0, MOST_OBJECTS - 1)
# A pointer that is dragged out of the desktop has negative coordinates.
_coordinate = _integer(-LARGEST_COORDINATE, LARGEST_COORDINATE)
_radius = _integer(0, LARGEST_COORDINATE)
_milliseconds = _integer(0, 10**18 - 1)
_mimetype, _base64, _name, _text = map(_matching, (_MIMETYPE, _BASE64, _NAME, _TEXT))

ARGUMENTS: Final[dict[str, tuple[Check, ...]]] = {
    "sync": (_milliseconds,),
    "nop": (),
    "disconnect": (),
    "mouse": (_coordinate, _coordinate, _integer(0, 31), _milliseconds, _milliseconds),
    "key": (_integer(0, LARGEST_KEYSYM), _integer(0, 1)),
    "touch": (
        _integer(0, 2**31 - 1),
        *(_coordinate, _coordinate, _radius, _radius),
        *(_decimal(-360, 360), _decimal(0, 1)),
    ),
    # How small or large a desktop may be is the policy's.
    "size": (_integer(0, 10**9), _integer(0, 10**9)),
    # guacd's own streams are numbered 2n for one viewer, 2n + 1 for all.
    "ack": (_integer(0, 2 * MOST_STREAMS - 1), _text, _integer(0, 0xFFFF)),
    "blob": (_stream, _base64),
    "end": (_stream,),
    "clipboard": (_stream, _mimetype),
    "file": (_stream, _mimetype, _name),
    "pipe": (_stream, _mimetype, _name),
    "audio": (_stream, _mimetype),
    "argv": (_stream, _mimetype, _name),
    "get": (_object, _name),
    "put": (_object, _stream, _mimetype, _name),
}
"""One check per argument; optional ones last."""
