"""Messages that a client sends (RFC 6143, section 7.5, and rfbproto), ready for the wire."""

import struct
from collections.abc import Sequence

from beamdesk.codecs.rfb.constants import ClientMessageType, FenceFlag, QemuMessageType
from beamdesk.codecs.rfb.errors import LocalProtocolError
from beamdesk.codecs.rfb.pixel_format import PixelFormat

__all__ = [
    "LONGEST_FENCE",
    "client_cut_text",
    "client_fence",
    "enable_continuous_updates",
    "framebuffer_update_request",
    "key_event",
    "pointer_event",
    "qemu_extended_key_event",
    "set_desktop_size",
    "set_encodings",
    "set_pixel_format",
]

LONGEST_FENCE = 64
"""Bytes of a fence's payload (rfbproto, ClientFence)."""


def set_pixel_format(pixel_format: PixelFormat) -> bytes:
    """Section 7.5.1."""
    return struct.pack(">B3x", ClientMessageType.SET_PIXEL_FORMAT) + pixel_format.encode()


def set_encodings(encodings: Sequence[int]) -> bytes:
    """Section 7.5.2; *encodings* as signed numbers, the preferred first."""
    count = len(encodings)
    return struct.pack(f">BxH{count}i", ClientMessageType.SET_ENCODINGS, count, *encodings)


def framebuffer_update_request(x: int, y: int, width: int, height: int, *, incremental: bool) -> bytes:
    """Section 7.5.3."""
    return struct.pack(
        ">BBHHHH", ClientMessageType.FRAMEBUFFER_UPDATE_REQUEST, incremental, x, y, width, height
    )


def key_event(keysym: int, *, down: bool) -> bytes:
    """Section 7.5.4; *keysym* as in the X Window System."""
    return struct.pack(">BBxxI", ClientMessageType.KEY_EVENT, down, keysym)


def qemu_extended_key_event(keysym: int, keycode: int, *, down: bool) -> bytes:
    """rfbproto, QEMU Extended Key Event Message; *keycode* is the XT scan code."""
    return struct.pack(
        ">BBHII", ClientMessageType.QEMU, QemuMessageType.EXTENDED_KEY_EVENT, down, keysym, keycode
    )


def pointer_event(x: int, y: int, buttons: int) -> bytes:
    """Section 7.5.5; bit *n* of *buttons* is button *n* + 1."""
    return struct.pack(">BBHH", ClientMessageType.POINTER_EVENT, buttons, x, y)


def client_cut_text(text: str) -> bytes:
    """Section 7.5.6: Latin-1 with line feeds; a letter outside becomes a question mark."""
    payload = text.encode("latin-1", "replace")
    return struct.pack(">B3xI", ClientMessageType.CLIENT_CUT_TEXT, len(payload)) + payload


def client_fence(flags: FenceFlag, payload: bytes = b"") -> bytes:
    """rfbproto, ClientFence. Raises LocalProtocolError if *payload* exceeds 64 bytes."""
    if len(payload) > LONGEST_FENCE:
        raise LocalProtocolError.bad_argument(f"a fence of {len(payload)} bytes")
    return struct.pack(">B3xIB", ClientMessageType.CLIENT_FENCE, flags, len(payload)) + payload


def enable_continuous_updates(x: int, y: int, width: int, height: int, *, enable: bool) -> bytes:
    """rfbproto, EnableContinuousUpdates."""
    return struct.pack(">BBHHHH", ClientMessageType.ENABLE_CONTINUOUS_UPDATES, enable, x, y, width, height)


def set_desktop_size(width: int, height: int, *, screen_id: int = 0, screen_flags: int = 0) -> bytes:
    """rfbproto, SetDesktopSize, with one screen that fills the desktop; *screen_id* as the server told it."""
    return struct.pack(
        ">BxHHBxIHHHHI",
        ClientMessageType.SET_DESKTOP_SIZE,
        width,
        height,
        1,
        screen_id,
        0,
        0,
        width,
        height,
        screen_flags,
    )
