"""A plain connection to a desktop, driven on its socket."""

import asyncio
import contextlib
import socket
from typing import Final

from beamdesk.gateway.upstreams.streams import Sink

__all__ = ["SocketStream"]

_RECEIVE_SIZE: Final = 64 * 1024


class SocketStream:
    """Owns a connected non-blocking socket.

    There is no asyncio transport in between: a sink can then move bytes from socket to socket within the
    kernel, and thousands of idle streams cost no more than their descriptors.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._sink: Sink | None = None
        self._reading = False
        self._queued = bytearray()
        self._writing: asyncio.Future[None] | None = None
        self._closed = False
        self._deaf = False

    async def receive(self) -> bytes:
        return await self._loop.sock_recv(self._socket, _RECEIVE_SIZE)

    def send(self, data: bytes | bytearray | memoryview) -> None:
        if self._deaf:
            return
        if self._queued:
            self._queued += data
            return
        sent = self._try_to_send(data)
        if sent < len(data):
            self._queued += memoryview(data)[sent:]
            self._writing = self._loop.create_future()
            self._loop.add_writer(self._socket, self._write_queued)

    @property
    def is_held_up(self) -> bool:
        return self._writing is not None

    async def drain(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)

    def relay_to(self, sink: Sink) -> None:
        self._sink = sink
        self.resume()

    def pause(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._socket)

    def resume(self) -> None:
        if not self._reading and self._sink is not None and not self._closed:
            self._reading = True
            self._loop.add_reader(self._socket, self._readable)

    async def finish(self, last_words: bytes) -> None:
        self.pause()
        self._sink = None
        self.send(last_words)
        await self.drain()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            while await self.receive():
                pass

    async def close(self) -> None:
        self._break_off()
        self._sink = None
        self._socket.close()

    def _readable(self) -> None:
        sink = self._sink
        if sink is None:
            return
        try:
            moved = sink.take_from(self._socket)
        except BlockingIOError:
            return
        except Exception as error:  # noqa: BLE001  (raised here it would be raised again at once, for ever)
            self._break_off()
            sink.source_ended(error)
            return
        if not moved:
            self._break_off()
            sink.source_ended(None)

    def _try_to_send(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            # The reading side tells what happened: what the desktop said last is still to be read.
            self._deaf = True
            return len(data)

    def _write_queued(self) -> None:
        with memoryview(self._queued) as queued:
            sent = self._try_to_send(queued)
        del self._queued[:sent]
        if not self._queued:
            self._stop_writing()

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._loop.remove_writer(self._socket)
            if not self._writing.done():
                self._writing.set_result(None)
            self._writing = None

    def _break_off(self) -> None:
        self.pause()
        self._stop_writing()
        self._queued.clear()
        self._closed = self._deaf = True
