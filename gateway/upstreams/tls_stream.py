"""A connection to a desktop under TLS, on an asyncio transport."""

import asyncio
import socket
import ssl
from typing import Final, cast

from beamdesk.gateway.upstreams.streams import ReadBuffer, Sink

__all__ = ["TlsStream", "start_tls"]

_MOST_UNREAD: Final = 256 * 1024
"""Bytes that wait for `receive` before the transport is paused; a handshake is a few hundred."""

_WRITE_HIGH_WATER: Final = 64 * 1024


async def start_tls(
    connected: socket.socket,
    context: ssl.SSLContext,
    *,
    server_hostname: str,
    seconds: float,
    buffer: ReadBuffer,
) -> "TlsStream":
    """Take over a connected socket and shake hands; raises `OSError` (`ssl.SSLError` is one)."""
    loop = asyncio.get_running_loop()
    kind = {
        "ssl": context,
        "sock": connected,
        "server_hostname": server_hostname,
        "ssl_handshake_timeout": seconds,
    }
    open_ = loop.create_unix_connection if connected.family == socket.AF_UNIX else loop.create_connection
    _, stream = await open_(lambda: TlsStream(buffer), **kind)  # type: ignore[arg-type, call-overload]  # one set of arguments for both
    if not isinstance(stream, TlsStream):
        raise TypeError(stream)
    return stream


class TlsStream(asyncio.BufferedProtocol):
    """Reads into the loop's shared buffer, which it empties before the callback returns."""

    def __init__(self, buffer: ReadBuffer) -> None:
        self._buffer = buffer.view
        self._transport: asyncio.Transport | None = None
        self._sink: Sink | None = None
        self._unread = bytearray()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._at_end = False
        self._finishing = False
        self._error: Exception | None = None
        self._lost = asyncio.Event()

    async def receive(self) -> bytes:
        await self._arrived.wait()
        if not self._unread and self._error is not None:
            raise self._error
        taken = bytes(self._unread)
        self._unread.clear()
        if not self._at_end:
            self._arrived.clear()
            self.resume()
        return taken

    def send(self, data: bytes | bytearray | memoryview) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes(data))

    @property
    def is_held_up(self) -> bool:
        return not self._writable.is_set()

    async def drain(self) -> None:
        await self._writable.wait()

    def relay_to(self, sink: Sink) -> None:
        self._sink = sink
        if self._unread:
            unread = memoryview(bytes(self._unread))
            self._unread.clear()
            self._deliver(sink, unread)
        if self._at_end:
            sink.source_ended(self._error)
        else:
            self.resume()

    def pause(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    async def finish(self, last_words: bytes) -> None:
        self._sink = None
        self._finishing = True
        self.send(last_words)
        if self._transport is not None:
            # Writes what is queued, then says good-bye (TLS close_notify).
            self._transport.close()
            await self._lost.wait()

    async def close(self) -> None:
        self._sink = None
        # CPython before 3.11.4 raises on aborting a TLS transport that has ended already.
        if self._transport is not None and not self._lost.is_set():
            # Not `close`: it would wait for a desktop that takes nothing any more.
            self._transport.abort()
            await self._lost.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports under TLS are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_WRITE_HIGH_WATER)

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        if self._sink is not None:
            self._deliver(self._sink, self._buffer[:count])
            return
        if self._finishing:
            return
        self._unread += self._buffer[:count]
        self._arrived.set()
        if len(self._unread) >= _MOST_UNREAD:
            self.pause()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error)
        self._writable.set()
        self._lost.set()

    def _deliver(self, sink: Sink, payload: memoryview) -> None:
        try:
            sink.take(payload)
        except Exception as error:  # noqa: BLE001  (the transport would only log it)
            self._end(error)
            if self._transport is not None:
                self._transport.abort()

    def _end(self, error: Exception | None) -> None:
        if self._at_end:
            return
        self._at_end = True
        self._error = error
        self._arrived.set()
        if self._sink is not None:
            self._sink.source_ended(error)
