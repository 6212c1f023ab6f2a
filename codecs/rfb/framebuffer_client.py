"""A small RFB client that keeps the desktop's picture: for thumbnails and the first frame of recordings.

It asks for Raw and CopyRect only: on a machine or a local network a copy of memory is the cheapest encoding.
"""

import struct
from collections.abc import Sequence
from typing import Final

from beamdesk.codecs.rfb import extended_clipboard, messages
from beamdesk.codecs.rfb.constants import Encoding, FenceFlag, ServerMessageType
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.exact_reader import Buffer, ExactReader, Skip, Steps
from beamdesk.codecs.rfb.framebuffer import BYTES_PER_PIXEL, Framebuffer, Rectangle
from beamdesk.codecs.rfb.framebuffer_events import (
    Bell,
    ContinuousUpdatesEnded,
    CutText,
    ExtendedCutText,
    FramebufferEvent,
    Resized,
    Updated,
)
from beamdesk.codecs.rfb.pixel_format import BGRX

__all__ = ["ENCODINGS", "LONGEST_CUT_TEXT", "FramebufferClient"]

ENCODINGS: Final = (
    Encoding.COPY_RECT,
    Encoding.RAW,
    # Without it the pointer is painted into the picture.
    Encoding.CURSOR,
    Encoding.DESKTOP_SIZE,
    Encoding.EXTENDED_DESKTOP_SIZE,
    Encoding.LAST_RECT,
)

LONGEST_CUT_TEXT: Final = 1 << 20
"""Bytes of clipboard text that are kept; longer text is skipped."""

_BAND = 1 << 18
"""Bytes of a Raw rectangle that are read at once, so that a rectangle is never held whole."""

_MOST_COPIES = 4
"""How often a request may copy each pixel: sixteen bytes of CopyRect can order a copy of the whole screen."""

_KNOWN_FENCE_FLAGS = FenceFlag.BLOCK_BEFORE | FenceFlag.BLOCK_AFTER | FenceFlag.SYNC_NEXT


class FramebufferClient:
    """The session after ServerInit, as a client.

    Feed `receive`, write `bytes_to_send()` after every call, and ask for pictures with `request_update`.
    RemoteProtocolError: the desktop sent what it was not asked for, or what exceeds the limits.
    """

    def __init__(self, width: int, height: int, *, encodings: Sequence[int] = ENCODINGS) -> None:
        self._framebuffer = Framebuffer(width, height)
        self._copyable = 0  # pixels that CopyRect may still copy
        self._events: list[FramebufferEvent] = []
        self._to_send = bytearray(messages.set_pixel_format(BGRX) + messages.set_encodings(encodings))
        self._reader = ExactReader(self._steps())

    @property
    def framebuffer(self) -> Framebuffer:
        return self._framebuffer

    @property
    def held(self) -> int:
        """Bytes that are kept until more of their message arrives."""
        return self._reader.held

    def receive(self, data: Buffer) -> list[FramebufferEvent]:
        self._reader.feed(data)
        taken, self._events = self._events, []
        return taken

    def request_update(self, *, incremental: bool) -> None:
        """Ask for the whole desktop, or (*incremental*) for what changes in it."""
        framebuffer = self._framebuffer
        self._copyable = _MOST_COPIES * framebuffer.width * framebuffer.height
        self._to_send += messages.framebuffer_update_request(
            0, 0, framebuffer.width, framebuffer.height, incremental=incremental
        )

    def bytes_to_send(self) -> bytes:
        """What has to be written now; each byte is handed out once."""
        taken = bytes(self._to_send)
        self._to_send.clear()
        return taken

    def _steps(self) -> Steps:
        while True:
            message_type = (yield 1)[0]
            match message_type:
                case ServerMessageType.FRAMEBUFFER_UPDATE:
                    yield from self._framebuffer_update()
                case ServerMessageType.SET_COLOUR_MAP_ENTRIES:
                    (count,) = struct.unpack(">3xH", (yield 5))
                    yield Skip(6 * count)
                case ServerMessageType.BELL:
                    self._events.append(Bell())
                case ServerMessageType.SERVER_CUT_TEXT:
                    yield from self._server_cut_text()
                case ServerMessageType.END_OF_CONTINUOUS_UPDATES:
                    self._events.append(ContinuousUpdatesEnded())
                case ServerMessageType.SERVER_FENCE:
                    yield from self._server_fence()
                case _:
                    raise RemoteProtocolError.unknown_message(message_type)

    def _framebuffer_update(self) -> Steps:
        """RFC 6143, section 7.6.1."""
        (count,) = struct.unpack(">xH", (yield 3))
        damage: list[Rectangle] = []
        for _ in range(count):
            *geometry, encoding = struct.unpack(">HHHHi", (yield 12))
            rectangle = Rectangle(*geometry)
            match encoding:
                case Encoding.RAW:
                    yield from self._raw(rectangle)
                    damage.append(rectangle)
                case Encoding.COPY_RECT:
                    yield from self._copy_rect(rectangle)
                    damage.append(rectangle)
                case Encoding.CURSOR:
                    # Pixels, then a mask of one bit each, rows padded to bytes (section 7.8.1).
                    mask = (rectangle.width + 7) // 8
                    yield Skip((rectangle.width * BYTES_PER_PIXEL + mask) * rectangle.height)
                case Encoding.DESKTOP_SIZE:
                    self._resize(rectangle)
                case Encoding.EXTENDED_DESKTOP_SIZE:
                    yield from self._extended_desktop_size(rectangle)
                case Encoding.LAST_RECT:
                    break
                case _:
                    raise RemoteProtocolError(
                        RfbReason.UNKNOWN_ENCODING, f"encoding {encoding} was not asked for"
                    )
        self._events.append(Updated(tuple(damage)))

    def _raw(self, rectangle: Rectangle) -> Steps:
        """Section 7.7.1, read in bands of whole rows."""
        self._framebuffer.check(rectangle)
        row = rectangle.width * BYTES_PER_PIXEL
        if row == 0:
            return
        rows_at_once = max(1, _BAND // row)
        for first in range(0, rectangle.height, rows_at_once):
            rows = min(rows_at_once, rectangle.height - first)
            self._framebuffer.write_rows(rectangle, first, (yield rows * row))

    def _copy_rect(self, rectangle: Rectangle) -> Steps:
        """Section 7.7.2."""
        from_x, from_y = struct.unpack(">HH", (yield 4))
        self._framebuffer.check(rectangle)
        area = rectangle.width * rectangle.height
        if area > self._copyable:
            raise RemoteProtocolError.too_large("the area that CopyRect copies", area, self._copyable)
        self._copyable -= area
        self._framebuffer.copy(from_x, from_y, rectangle)

    def _extended_desktop_size(self, rectangle: Rectangle) -> Steps:
        """rfbproto, ExtendedDesktopSize: x is who asked for it, y the result if that was this client."""
        screens = (yield 4)[0]
        yield Skip(16 * screens)
        refused = rectangle.x == 1 and rectangle.y != 0
        if not refused:
            self._resize(rectangle)

    def _resize(self, rectangle: Rectangle) -> None:
        size = rectangle.width, rectangle.height
        if size != (self._framebuffer.width, self._framebuffer.height):
            self._framebuffer.resize(*size)
            self._events.append(Resized(*size))

    def _server_cut_text(self) -> Steps:
        """Section 7.6.4; rfbproto, Extended Clipboard: there the length is negative."""
        (length,) = struct.unpack(">3xi", (yield 7))
        if abs(length) > LONGEST_CUT_TEXT:
            yield Skip(abs(length))
            return
        payload = yield abs(length)
        if length < 0:
            message = extended_clipboard.decode_payload(payload, limit=LONGEST_CUT_TEXT)
            self._events.append(ExtendedCutText(message))
        else:
            self._events.append(CutText(payload.decode("latin-1")))

    def _server_fence(self) -> Steps:
        """rfbproto, ServerFence: a request is answered with those of its flags that are understood."""
        flags, length = struct.unpack(">3xIB", (yield 8))
        if length > messages.LONGEST_FENCE:
            raise RemoteProtocolError.too_large("a fence's payload", length, messages.LONGEST_FENCE)
        payload = yield length
        if flags & FenceFlag.REQUEST:
            self._to_send += messages.client_fence(FenceFlag(flags) & _KNOWN_FENCE_FLAGS, payload)
