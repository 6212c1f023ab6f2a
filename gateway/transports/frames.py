"""WebSocket data frames (RFC 6455, section 5.2) written past aiohttp, at the cost of moving bytes.

aiohttp shakes hands, reads and closes; only the payload of the desktop takes this short cut. Everything that
goes to the browser goes through one asyncio transport, or past it while it holds nothing back: so a frame is
never cut by another. What is relied on, beyond public interfaces:

- the transport's socket may be duplicated and written to while `get_write_buffer_size()` is 0 (asyncio's and
  uvloop's plain transports; not those under TLS, where the transport is used throughout);
- aiohttp's connection object is an ordinary `asyncio.Protocol`, so another can stand before it.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Final

from aiohttp import web

from beamdesk.gateway.transports.splice import SplicePipe, splicing_works
from beamdesk.gateway.transports.tap import Tap
from beamdesk.gateway.upstreams.streams import READ_SIZE, ReadBuffer

__all__ = ["Frames", "Path"]

NOT_SENT_LOW_WATER: Final = 256 * 1024
"""Bytes that the kernel accepts beyond what the browser's window allows to be sent. Without it a browser that
stops taking fills `tcp_wmem`, 4 MiB; and what is queued is stale when it arrives."""

_BULK: Final = 32 * 1024
"""From so many bytes at once on, moving them within the kernel is cheaper than copying them."""

_TLS_HIGH_WATER: Final = 256 * 1024

_TEXT_FRAME: Final = 0x81
_BINARY_FRAME: Final = 0x82
_PING: Final = b"\x89\x00"

_TCP_INFO_SIZE: Final = 256
_BYTES_ACKED: Final = struct.Struct("=120xQ")  # tcpi_bytes_acked in struct tcp_info (linux/tcp.h)


class Path:
    """What all frames of a loop share: the buffer that they are read into, and the pipe."""

    def __init__(self) -> None:
        self.buffer = ReadBuffer()
        self.pipe = SplicePipe() if splicing_works() else None

    def close(self) -> None:
        if self.pipe is not None:
            self.pipe.close()


class Frames:
    """The outgoing side of one WebSocket, after `WebSocketResponse.prepare`.

    *on_full* is called when the browser does not take what was written, *on_room* when all of it has
    gone; what is written in between is queued without limit, so the caller stops its source.
    *on_heard* is called with everything that arrives. Frames are binary, or *text*: then each payload has to
    be UTF-8 from end to end. Close it before the WebSocket.
    """

    def __init__(
        self,
        request: web.Request,
        path: Path,
        *,
        on_full: Callable[[], None],
        on_room: Callable[[], None],
        on_heard: Callable[[], None],
        text: bool = False,
    ) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the browser is gone")
        self.written = 0
        """Bytes of payload so far."""
        self._transport = transport
        self._path = path
        self._opcode = _TEXT_FRAME if text else _BINARY_FRAME
        self._bulky = False
        self._closed = False
        self._waiting = transport.get_write_buffer_size
        self._socket = _own_socket(transport)
        # Plain transports tell at once that something was left over: as long as nothing is, frames go past
        # them. Those under TLS always have something.
        transport.set_write_buffer_limits(high=0 if self._socket is not None else _TLS_HIGH_WATER, low=0)
        self._tap = Tap(transport.get_protocol(), on_full, on_room, on_heard, self.close)
        transport.set_protocol(self._tap)

    @property
    def backlog(self) -> int:
        """Bytes that were written and that the system has not taken yet."""
        return self._waiting()

    @property
    def taken_by_peer(self) -> int:
        """A number that grows when the peer takes something, in bytes where the system counts them."""
        if self._socket is not None:
            try:
                information = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_SIZE)
                return int(_BYTES_ACKED.unpack_from(information)[0])
            except (OSError, AttributeError, struct.error):
                pass  # a unix socket of a proxy's, or a system without it
        return self.written - self._waiting()

    def take_from(self, source: socket.socket) -> int:
        """Send as one frame what *source* holds; see `Sink`."""
        pipe = self._path.pipe
        if self._bulky and self._socket is not None and not self._waiting() and pipe and pipe.usable():
            count = pipe.fill_from(source)
            self._bulky = count >= _BULK
            if count:
                self._splice_frame(self._socket, pipe, count)
            return count
        count = source.recv_into(self._path.buffer.view, READ_SIZE)
        self._bulky = count >= _BULK
        if count:
            self.take(self._path.buffer.view[:count])
        return count

    def take(self, payload: bytes | memoryview) -> None:
        """Send *payload* as one frame; it may be reused when this returns."""
        header = _header(self._opcode, len(payload))
        self.written += len(payload)
        if self._socket is None or self._waiting():
            self._queue(header, bytes(payload))
            return
        try:
            sent = self._socket.sendmsg((header, payload))
        except BlockingIOError:
            sent = 0
        except OSError:
            self._transport.abort()
            return
        if sent < len(header):
            self._queue(header[sent:], bytes(payload))
        elif sent < len(header) + len(payload):
            self._queue(bytes(payload[sent - len(header) :]))

    def ping(self) -> None:
        """Ask the browser for a sign of life (RFC 6455, section 5.5.2)."""
        self._queue(_PING)

    def abort(self) -> None:
        """Drop the connection and what is queued for it."""
        self.close()
        self._transport.abort()

    def close(self) -> None:
        """Call nobody back and write no more frames; safe to call twice."""
        self._closed = True
        self._tap.silence()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _splice_frame(self, target: socket.socket, pipe: SplicePipe, count: int) -> None:
        header = _header(self._opcode, count)
        self.written += count
        try:
            # MSG_MORE lets header and payload leave in one packet.
            sent = target.send(header, socket.MSG_MORE)
            moved = pipe.empty_into(target, count) if sent == len(header) else 0
        except BlockingIOError:
            sent = moved = 0
        except OSError:
            pipe.discard()
            self._transport.abort()
            return
        if moved < count:
            self._queue(header[sent:], pipe.read_out(count - moved))

    def _queue(self, *parts: bytes) -> None:
        if not self._closed and not self._transport.is_closing():
            self._transport.writelines(parts)


def _own_socket(transport: asyncio.Transport) -> socket.socket | None:
    """A duplicate of a plain transport's socket: it stays ours, whatever becomes of the transport's."""
    if transport.get_extra_info("sslcontext") is not None:
        return None
    known = transport.get_extra_info("socket")
    if known is None:
        return None
    own = socket.socket(fileno=socket.dup(known.fileno()))
    own.setblocking(False)
    if option := getattr(socket, "TCP_NOTSENT_LOWAT", 25 if splicing_works() else None):
        with contextlib.suppress(OSError):  # a unix socket of a proxy's
            own.setsockopt(socket.IPPROTO_TCP, option, NOT_SENT_LOW_WATER)
    return own


def _header(opcode: int, length: int) -> bytes:
    """Of an unmasked, final frame."""
    if length < 126:
        return bytes((opcode, length))
    if length < 65536:
        return struct.pack("!BBH", opcode, 126, length)
    return struct.pack("!BBQ", opcode, 127, length)
