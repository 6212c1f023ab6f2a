"""A desktop for load: speaks RFB as a server and does what its viewer's ordinary messages ask for.

- FramebufferUpdateRequest: width × 65536 + height KiB at once, in writes of `--chunk` bytes.
- PointerEvent with a button: from now on *x* KiB in one write, *y* times a second; without one: stop.
- KeyEvent: answered with the eight bytes of itself.

All pass a gateway's allow-list unchanged, so one source serves every relay.
"""

import asyncio
import os
import select
import socket
import struct
from typing import Annotated, Final

import typer
import uvloop

from beamdesk.bench.processes import announce
from beamdesk.codecs.rfb.errors import RfbError
from beamdesk.codecs.rfb.message_lengths import measure
from beamdesk.codecs.rfb.pixel_format import BGRX
from beamdesk.codecs.rfb.server_handshake import ServerHandshake

__all__ = ["SERVER_INIT"]

SERVER_INIT: Final = struct.pack(">HH16sI", 1920, 1080, BGRX.encode(), 5) + b"bench"

_READ_SIZE: Final = 64 * 1024


class _Connection:
    def __init__(self, connected: socket.socket, chunk: int) -> None:
        self._socket = connected
        self._chunk = os.urandom(chunk)
        self._loop = asyncio.get_running_loop()
        self._beat: asyncio.TimerHandle | None = None

    async def serve(self) -> None:
        try:
            held = bytearray(await self._shake_hands())
            while True:
                while held and (length := _whole_message(held)):
                    message = bytes(held[:length])
                    del held[:length]
                    await self._obey(message)
                data = await self._loop.sock_recv(self._socket, _READ_SIZE)
                if not data:
                    return
                held += data
        except (OSError, RfbError):
            pass  # the load has left
        finally:
            self._stop_beating()
            self._socket.close()

    async def _shake_hands(self) -> bytes:
        handshake = ServerHandshake()
        while True:
            await self._loop.sock_sendall(self._socket, handshake.bytes_to_send())
            data = await self._loop.sock_recv(self._socket, _READ_SIZE)
            if not data:
                raise ConnectionResetError
            if handshake.receive(data):
                await self._loop.sock_sendall(self._socket, handshake.bytes_to_send() + SERVER_INIT)
                return handshake.leftover()

    async def _obey(self, message: bytes) -> None:
        match message[0]:
            case 3:
                high, low = struct.unpack(">2xHHHH", message)[2:]
                await asyncio.to_thread(self._pour, high << 16 | low)
            case 4:
                await self._loop.sock_sendall(self._socket, message)
            case 5:
                buttons, kib, rate = struct.unpack(">xBHH", message)
                self._stop_beating()
                if buttons:
                    self._beat_on(os.urandom(kib * 1024), 1 / rate, self._loop.time())

    def _pour(self, kib: int) -> None:
        """Blocks: as fast as the relay takes it."""
        left = kib * 1024
        while left > 0:
            try:
                left -= self._socket.send(memoryview(self._chunk)[: min(left, len(self._chunk))])
            except BlockingIOError:
                select.select([], [self._socket], [], 1)
            except OSError:
                return

    def _beat_on(self, data: bytes, period: float, due: float) -> None:
        try:
            self._socket.send(data)
        except BlockingIOError:
            pass  # a desktop drops frames as well
        except OSError:
            return
        self._beat = self._loop.call_at(due + period, self._beat_on, data, period, due + period)

    def _stop_beating(self) -> None:
        if self._beat is not None:
            self._beat.cancel()


def _whole_message(held: bytearray) -> int:
    length, kind = measure(held, 0)
    return length if kind is not None and len(held) >= length else 0


async def _serve(listening: socket.socket, chunk: int) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        while True:
            connected, _ = await loop.sock_accept(listening)
            if connected.family == socket.AF_INET:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            group.create_task(_Connection(connected, chunk).serve())


def run(
    chunk: Annotated[int, typer.Option(help="Bytes of one write.")] = 64 * 1024,
    unix_path: Annotated[str, typer.Option(help="Listen on this unix socket instead of TCP.")] = "",
) -> None:
    """Listen, say where, and serve until ended."""
    listening = socket.socket(socket.AF_UNIX if unix_path else socket.AF_INET)
    listening.setblocking(False)
    listening.bind(unix_path or ("127.0.0.1", 0))
    listening.listen(2048)
    announce(port=0 if unix_path else listening.getsockname()[1])
    uvloop.run(_serve(listening, chunk))


if __name__ == "__main__":
    typer.run(run)
