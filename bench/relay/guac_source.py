"""A guacd for load: shakes hands as guacd does, and plays a captured stream to all users of a connection.

What a user asks for passes any gateway's allow-list, so one source serves every relay:

- `key`: an echo, and a `sync` whose timestamp is the moment, to all users (`moment`);
- `mouse` with the left button: *x* times the capture up to about a mebibyte, as fast as everybody takes it;
- `mouse` with the right button: the capture at the speed at which it was captured, over and over.

As guacd it writes to the users of a connection in turn, and waits for each.
"""

import asyncio
import gzip
import itertools
import select
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from beamdesk.bench.processes import announce
from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.errors import RemoteProtocolError
from beamdesk.codecs.guac.framing import InstructionFramer
from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["ECHO", "LEFT", "PORTION", "RIGHT", "moment"]

LEFT: Final = 1
RIGHT: Final = 4

PORTION: Final = 1 << 20
"""Bytes, less than any relay queues: who asks for the next portion when it has one is never overrun."""

ECHO: Final = Instruction.of("mouse", 1, 1, 0, 0).encode()

_ARGS: Final = Instruction("args", ("VERSION_1_5_0", "hostname", "port")).encode()
_FIRST: Final = Instruction.of("size", 0, 1280, 800).encode() + Instruction.of("sync", 1).encode()
_READ_SIZE: Final = 64 * 1024


def moment() -> int:
    """Microseconds of this machine's clock, the same in all of its processes."""
    return time.monotonic_ns() // 1000


@dataclass(frozen=True, slots=True)
class Frame:
    """What guacd sent between two `sync`, and when it was due, in seconds since the capture's beginning."""

    due: float
    drawing: bytes


@dataclass(frozen=True, slots=True)
class Capture:
    """A captured stream, in the two ways in which it is played."""

    portion: memoryview
    instructions: int
    """In a portion."""
    frames: tuple[Frame, ...]

    @classmethod
    def load(cls, path: Path, portion: int = PORTION) -> "Capture":
        decoder = InstructionDecoder()
        decoder.receive(gzip.decompress(path.read_bytes()))
        # The end of the handshake is in some captures, and it is not ours.
        instructions = [instruction for instruction in decoder if instruction.opcode != "ready"]
        stream = b"".join(instruction.encode() for instruction in instructions)
        repeated = (stream * (1 + portion // len(stream)))[:portion]
        framed = InstructionFramer().feed(repeated)
        return cls(memoryview(repeated[: framed.end]), framed.instructions, tuple(_frames(instructions)))


def _frames(instructions: Iterable[Instruction]) -> Iterator[Frame]:
    drawing: list[bytes] = []
    began: int | None = None
    for instruction in instructions:
        if instruction.opcode != "sync":
            drawing.append(instruction.encode())
            continue
        timestamp = int(instruction.arguments[0])
        began = timestamp if began is None else began
        yield Frame((timestamp - began) / 1000, b"".join(drawing))
        drawing.clear()


@dataclass(eq=False)
class Connection:
    """One desktop at this guacd, with its users; the first one is the owner."""

    id: str
    users: list[socket.socket] = field(default_factory=list)
    playing: asyncio.Task[None] | None = None


class Guacd:
    """All connections, by their ids."""

    def __init__(self, capture: Capture, chunk: int, group: asyncio.TaskGroup) -> None:
        self._capture = capture
        self._chunk = chunk
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._connections: dict[str, Connection] = {}

    async def serve(self, user: socket.socket) -> None:
        decoder = InstructionDecoder()
        connection: Connection | None = None
        try:
            while data := await self._loop.sock_recv(user, _READ_SIZE):
                decoder.receive(data)
                for instruction in decoder:
                    match instruction.opcode, instruction.arguments:
                        case "select", (wanted,):
                            connection = self._connections.get(wanted) or self._new_connection()
                            await self._loop.sock_sendall(user, _ARGS)
                        case "connect", _ if connection is not None:
                            ready = Instruction.of("ready", connection.id).encode()
                            await self._loop.sock_sendall(user, ready + _FIRST)
                            connection.users.append(user)
                        case "disconnect", _:
                            return
                        case _ if connection is not None:
                            await self._obey(connection, instruction)
        except (OSError, RemoteProtocolError):
            pass  # the load has left
        finally:
            if connection is not None:
                self._leave(connection, user)
            user.close()

    def _new_connection(self) -> Connection:
        connection = Connection(f"${next(self._numbers):08}-0000-4000-8000-000000000000")
        self._connections[connection.id] = connection
        return connection

    def _leave(self, connection: Connection, user: socket.socket) -> None:
        if user in connection.users:
            connection.users.remove(user)
        if not connection.users:
            self._connections.pop(connection.id, None)
            if connection.playing is not None:
                connection.playing.cancel()

    async def _obey(self, connection: Connection, instruction: Instruction) -> None:
        match instruction.opcode, instruction.arguments:
            case "key", _:
                await self._send(connection, ECHO)
            case "mouse", (portions, _, mask, *_) if int(mask) == LEFT:
                await asyncio.to_thread(self._pour, tuple(connection.users), int(portions))
            case "mouse", (_, _, mask, *_) if int(mask) == RIGHT and connection.playing is None:
                connection.playing = self._group.create_task(self._play(connection))
            case _:
                pass

    async def _send(self, connection: Connection, drawing: bytes) -> None:
        """One frame, to one user after the other."""
        frame = drawing + Instruction.of("sync", moment()).encode()
        for user in tuple(connection.users):
            try:
                await self._loop.sock_sendall(user, frame)
            except OSError:
                self._leave(connection, user)

    async def _play(self, connection: Connection) -> None:
        """Frames that somebody held up are left out, as a screen leaves them out."""
        began = self._loop.time()
        while True:
            for frame in self._capture.frames:
                late = self._loop.time() - began - frame.due
                if late < 0:
                    await asyncio.sleep(-late)
                if late < 1:
                    await self._send(connection, frame.drawing)
            began += self._capture.frames[-1].due

    def _pour(self, users: tuple[socket.socket, ...], portions: int) -> None:
        """Blocks: as fast as all of them take it, one after the other."""
        portion = self._capture.portion
        for _ in range(portions):
            for at in range(0, len(portion), self._chunk):
                piece = portion[at : at + self._chunk]
                users = tuple(user for user in users if _send_all(user, piece))


def _send_all(user: socket.socket, piece: memoryview) -> bool:
    while piece:
        try:
            piece = piece[user.send(piece) :]
        except BlockingIOError:
            select.select([], [user], [], 1)
        except OSError:
            return False
    return True


async def _serve(listening: socket.socket, capture: Capture, chunk: int) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        guacd = Guacd(capture, chunk, group)
        while True:
            user, _ = await loop.sock_accept(listening)
            user.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            group.create_task(guacd.serve(user))


def run(
    capture: Annotated[Path, typer.Option(help="A stream, compressed with gzip.")],
    chunk: Annotated[int, typer.Option(help="Bytes of one write.")] = 8 * 1024,
    portion: Annotated[int, typer.Option(help="Bytes that are poured at a time.")] = PORTION,
) -> None:
    """Listen, say where, and serve until ended."""
    loaded = Capture.load(capture, portion)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    listening.setblocking(False)
    announce(port=listening.getsockname()[1], portion=len(loaded.portion), instructions=loaded.instructions)
    uvloop.run(_serve(listening, loaded, chunk))


if __name__ == "__main__":
    typer.run(run)
