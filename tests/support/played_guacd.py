"""A guacd that plays what a real one has sent before, to whoever connects or joins."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.instruction import Instruction
from support.ports import free_port

__all__ = ["PlayedGuacd", "played_guacd"]

_CONNECTION = "$0b5e55ed-0000-4000-8000-000000000001"
_ARGS = Instruction.of("args", "VERSION_1_5_0", "hostname", "port", "read-only")
_NOP = Instruction("nop")
_READ_SIZE = 64 * 1024
_MOST_UNDRAWN = 4
"""Frames that may be on their way to somebody: a real guacd paces itself by acknowledgements, too."""


@dataclass
class _User:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    acknowledged: int = -1
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class PlayedGuacd:
    """Each user gets *frames*, each a run of instructions that ends with its `sync`.

    Then it gets *coda* twice a second.
    """

    def __init__(
        self, frames: Sequence[Sequence[Instruction]], coda: Sequence[Instruction] = (_NOP,)
    ) -> None:
        self._frames = [(_encoded(frame), int(frame[-1].arguments[0])) for frame in frames]
        self._coda = _encoded(coda)
        self.port = free_port()
        self.handshakes: list[dict[str, tuple[str, ...]]] = []
        """What each user told of itself, by opcode."""

    async def serve(self, started: Queue[Callable[[], object]]) -> None:
        """Put into *started* what ends it, to be called in any thread."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._attend, "127.0.0.1", self.port)
        started.put(lambda: loop.call_soon_threadsafe(ended.set))
        await ended.wait()
        server.close()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        user = _User(reader, writer)
        try:
            async with asyncio.TaskGroup() as group:
                ready = asyncio.Event()
                playing = group.create_task(self._play(user, ready))
                await self._listen(user, ready)
                playing.cancel()
        except* ConnectionError:
            pass  # the gateway has gone
        finally:
            writer.close()

    async def _listen(self, user: _User, ready: asyncio.Event) -> None:
        decoder, told = InstructionDecoder(), dict[str, tuple[str, ...]]()
        while data := await user.reader.read(_READ_SIZE):
            decoder.receive(data)
            for instruction in decoder:
                match instruction.opcode, instruction.arguments:
                    case "select", _:
                        user.writer.write(_ARGS.encode())
                    case "connect", _:
                        self.handshakes.append(told)
                        user.writer.write(Instruction.of("ready", _CONNECTION).encode())
                        ready.set()
                    case "sync", (timestamp,):
                        user.acknowledged = int(timestamp)
                        user.changed.set()
                    case "disconnect", _:
                        return
                    case opcode, arguments if not ready.is_set():
                        told[opcode] = arguments
                    case _:
                        pass

    async def _play(self, user: _User, ready: asyncio.Event) -> None:
        await ready.wait()
        undrawn: list[int] = []
        for frame, timestamp in self._frames:
            user.writer.write(frame)
            await user.writer.drain()
            undrawn.append(timestamp)
            while sum(at > user.acknowledged for at in undrawn) > _MOST_UNDRAWN:
                user.changed.clear()
                await user.changed.wait()
        while True:
            user.writer.write(self._coda)
            await user.writer.drain()
            await asyncio.sleep(0.5)


@contextmanager
def played_guacd(
    frames: Sequence[Sequence[Instruction]], coda: Sequence[Instruction] = (_NOP,)
) -> Iterator[PlayedGuacd]:
    """Serves in a thread of its own, so that no test that is busy holds it up."""
    guacd, started = PlayedGuacd(frames, coda), Queue[Callable[[], object]]()
    thread = threading.Thread(target=lambda: asyncio.run(guacd.serve(started)), name="played guacd")
    thread.start()
    end = started.get(timeout=10)
    try:
        yield guacd
    finally:
        end()
        thread.join(10)


def _encoded(instructions: Sequence[Instruction]) -> bytes:
    return b"".join(map(Instruction.encode, instructions))
