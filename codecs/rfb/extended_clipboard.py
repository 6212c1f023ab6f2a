"""The extended clipboard (rfbproto, Extended Clipboard Pseudo-Encoding): UTF-8 text, sent when asked for."""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from beamdesk.codecs.rfb.constants import ClientMessageType, ClipboardAction
from beamdesk.codecs.rfb.errors import RemoteProtocolError

__all__ = [
    "TEXT_FORMAT",
    "ClipboardMessage",
    "decode_payload",
    "notify_text",
    "provide_text",
    "request_text",
    "text_on_request",
]

TEXT_FORMAT: Final = 1 << 0
"""Format bit of UTF-8 text with CR LF line ends and a terminating null."""

_FORMATS = 0xFFFF
_ACTIONS = 0xFF000000


@dataclass(frozen=True, slots=True)
class ClipboardMessage:
    """One extended message. `text` is there only if the action is PROVIDE and the text was within limits."""

    actions: ClipboardAction
    formats: int
    text: str | None = None


def text_on_request() -> bytes:
    """Client capabilities under which a server announces new text and sends it only when asked.

    Without such a message a server may send up to 20 MiB of text unasked. The maximum unsolicited size is 0.
    """
    actions = (
        ClipboardAction.CAPS
        | ClipboardAction.REQUEST
        | ClipboardAction.PEEK
        | ClipboardAction.NOTIFY
        | ClipboardAction.PROVIDE
    )
    return _cut_text(struct.pack(">II", actions | TEXT_FORMAT, 0))


def request_text() -> bytes:
    """Ask the desktop for the text that it announced."""
    return _cut_text(struct.pack(">I", ClipboardAction.REQUEST | TEXT_FORMAT))


def notify_text() -> bytes:
    """Tell the desktop that there is new text to be asked for."""
    return _cut_text(struct.pack(">I", ClipboardAction.NOTIFY | TEXT_FORMAT))


def provide_text(text: str) -> bytes:
    """Send *text*, whose line ends may be of any kind."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    encoded = lines.encode() + b"\0"
    packed = zlib.compress(struct.pack(">I", len(encoded)) + encoded)
    return _cut_text(struct.pack(">I", ClipboardAction.PROVIDE | TEXT_FORMAT) + packed)


def decode_payload(payload: bytes, *, limit: int) -> ClipboardMessage:
    """Read what follows the length of an extended message; text longer than *limit* bytes is left out.

    Raises RemoteProtocolError if it is no extended message.
    """
    if len(payload) < 4:
        raise RemoteProtocolError.malformed(f"an extended clipboard message of {len(payload)} bytes")
    (flags,) = struct.unpack_from(">I", payload)
    actions = ClipboardAction(flags & _ACTIONS)
    formats = flags & _FORMATS
    text = None
    if actions == ClipboardAction.PROVIDE and formats & TEXT_FORMAT:
        text = _inflate_text(payload[4:], limit)
    return ClipboardMessage(actions, formats, text)


def _inflate_text(packed: bytes, limit: int) -> str | None:
    """Text is the lowest format bit, so it is the first of the size and data pairs."""
    inflating = zlib.decompressobj()
    try:
        inflated = inflating.decompress(packed, 4 + limit)
    except zlib.error as error:
        raise RemoteProtocolError.malformed(f"clipboard data: {error}") from error
    if len(inflated) < 4:
        raise RemoteProtocolError.malformed("clipboard data without a size")
    (size,) = struct.unpack_from(">I", inflated)
    if size > limit:
        return None
    text = inflated[4 : 4 + size]
    if len(text) < size:
        raise RemoteProtocolError.malformed("clipboard data shorter than its size")
    return text.removesuffix(b"\0").decode("utf-8", "replace").replace("\r\n", "\n")


def _cut_text(payload: bytes) -> bytes:
    """A ClientCutText whose negative length marks it as extended."""
    return struct.pack(">B3xi", ClientMessageType.CLIENT_CUT_TEXT, -len(payload)) + payload
