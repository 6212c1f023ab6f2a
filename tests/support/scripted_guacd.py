"""A stand-in for guacd that does byte for byte what a test says, and remembers all that it was told."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress

__all__ = ["PARAMETERS", "GuacdUser", "ScriptedGuacd", "scripted_guacd"]

PARAMETERS = ("hostname", "port", "username", "password", "read-only", "disable-copy", "disable-paste")
"""What it asks for in `args`."""


class GuacdUser:
    """One connection to it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection_id: str
    ) -> None:
        self.received: list[Instruction] = []
        self.connection_id = connection_id
        """What it is called in `ready`, unless it joins another."""
        self._reader = reader
        self._writer = writer
        self._decoder = InstructionDecoder()
        self._changed = asyncio.Condition()

    @property
    def selected(self) -> str:
        return self.received[0].arguments[0]

    @property
    def joins(self) -> bool:
        """Whether it asked for a connection that there is."""
        return self.selected.startswith("$")

    def all(self, opcode: str) -> list[Instruction]:
        return [instruction for instruction in self.received if instruction.opcode == opcode]

    @property
    def parameters(self) -> dict[str, str]:
        """What it was connected with, by name."""
        (connect,) = self.all("connect")
        return dict(zip(PARAMETERS, connect.arguments[1:], strict=True))

    def write(self, *instructions: Instruction) -> None:
        self.write_bytes(b"".join(map(Instruction.encode, instructions)))

    def write_bytes(self, data: bytes) -> None:
        """In one segment, as long as it is short."""
        self._writer.write(data)

    async def taken(self) -> None:
        """Wait until the other side takes what is written."""
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    async def hear(self, opcode: str) -> Instruction:
        """Wait for the first instruction of that name."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.all(opcode))
        return self.all(opcode)[0]

    async def shake_hands(self, *before_ready: Instruction) -> None:
        """As guacd does; a connection that is joined keeps its name."""
        await self.hear("select")
        self.write(Instruction.of("args", "VERSION_1_3_0", *PARAMETERS))
        await self.hear("connect")
        self.write(
            *before_ready, Instruction.of("ready", self.selected if self.joins else self.connection_id)
        )

    async def show(self, sync: int = 1) -> None:
        """Shake hands, then draw something small."""
        await self.shake_hands()
        self.write(Instruction.of("size", 0, 320, 240), Instruction.of("sync", sync))

    async def listen(self) -> None:
        """Note what comes, until the end."""
        while data := await self._reader.read(65536):
            self._decoder.receive(data)
            async with self._changed:
                self.received += self._decoder
                self._changed.notify_all()


Script = Callable[[GuacdUser], Awaitable[None]]


class ScriptedGuacd:
    """Listens on a free port; each connection is a `GuacdUser` of *script*."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._numbers = count(1)
        self.users: list[GuacdUser] = []
        self.address = GuacdAddress("127.0.0.1", 0)

    @property
    def owners(self) -> list[GuacdUser]:
        return [user for user in self.users if user.received and not user.joins]

    @property
    def joined(self) -> list[GuacdUser]:
        return [user for user in self.users if user.received and user.joins]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        user = GuacdUser(reader, writer, f"$scripted-{next(self._numbers)}")
        self.users.append(user)
        try:
            async with asyncio.TaskGroup() as group:
                talking = group.create_task(self._script(user))
                await user.listen()
                talking.cancel()
        except* ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def scripted_guacd(script: Script = GuacdUser.show) -> AsyncIterator[ScriptedGuacd]:
    """Answers each connection by *script* until the context ends."""
    guacd = ScriptedGuacd(script)
    async with asyncio.TaskGroup() as group:
        talks: list[asyncio.Task[None]] = []

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talks.append(group.create_task(guacd.serve(reader, writer)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0, family=socket.AF_INET)
        guacd.address = GuacdAddress("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            yield guacd
        finally:
            server.close()
            for talk in talks:
                talk.cancel()
