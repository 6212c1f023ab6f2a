"""The handshake, the framer and what viewers send, with a real guacd and a real desktop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from beamdesk.codecs.guac import prompts
from beamdesk.codecs.guac.client_handshake import ClientHandshake, ViewerAbilities
from beamdesk.codecs.guac.client_instructions import ClientInstructions, Passed
from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.framing import InstructionFramer
from beamdesk.codecs.guac.handshake_events import (
    ArgumentsRequested,
    ClientHandshakeEvent,
    ProtocolVersion,
    Ready,
    Refused,
)
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.opcodes import TO_VIEWER, InstructionKind
from beamdesk.codecs.guac.status import Status
from beamdesk.codecs.guac.viewer_policy import ViewerPolicy
from support.guacd import Guacd

PASSWORD = "geheim"  # of `locked_desktop`
pytestmark = [pytest.mark.guacd, pytest.mark.desktop]

ABILITIES = ViewerAbilities(640, 480, timezone="Europe/Berlin", name="Marie", image=("image/png",))
SECONDS = 20


@dataclass
class Line:
    """One connection to guacd: what both sides of the codec need to keep it going."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    events: list[ClientHandshakeEvent] = field(default_factory=list)
    framer: InstructionFramer = field(default_factory=InstructionFramer)
    decoder: InstructionDecoder = field(default_factory=InstructionDecoder)
    rest: bytes = b""

    async def shake_hands(self, handshake: ClientHandshake) -> None:
        async with asyncio.timeout(SECONDS):
            while not handshake.finished:
                self.writer.write(handshake.bytes_to_send())
                data = await self.reader.read(65536)
                self.events += handshake.receive(data) if data else handshake.receive_eof()
        self.rest = handshake.leftover()

    async def instructions_until(self, opcode: str) -> list[Instruction]:
        """What guacd draws until *opcode* comes; every `sync` on the way is acknowledged."""
        found: list[Instruction] = []
        async with asyncio.timeout(SECONDS):
            while not any(instruction.opcode == opcode for instruction in found):
                data, self.rest = self.rest or await self.reader.read(65536), b""
                assert data, "guacd closed the connection"
                framed = self.framer.feed(data)
                self.decoder.receive(data)
                new = list(self.decoder)
                assert len(new) == framed.instructions
                assert framed.last_sync is None or framed.last_sync == int(
                    [each for each in new if each.opcode == "sync"][-1].arguments[0]
                )
                if framed.last_sync is not None:
                    self.writer.write(Instruction.of("sync", framed.last_sync).encode())
                found += new
        return found


@asynccontextmanager
async def line_to(guacd: Guacd) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(guacd.host, guacd.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def vnc(desktop, **parameters: str) -> ClientHandshake:
    return ClientHandshake(
        "vnc",
        ABILITIES,
        {"hostname": "127.0.0.1", "port": str(desktop.port), "color-depth": "24", **parameters},
    )


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.02)


def assert_drawn(instructions: list[Instruction], width: int, height: int) -> None:
    assert Instruction.of("size", 0, width, height) in instructions
    assert {"img", "blob", "end"} <= {instruction.opcode for instruction in instructions} or {
        "rect",
        "cfill",
    } <= {instruction.opcode for instruction in instructions}
    assert {instruction.opcode for instruction in instructions} <= set(TO_VIEWER)


async def test_a_desktop_opens_and_another_viewer_joins(guacd: Guacd, desktop) -> None:
    async with line_to(guacd) as owner:
        await owner.shake_hands(vnc(desktop, **{"no-such-parameter": "x"}))
        asked, ready = owner.events
        assert isinstance(asked, ArgumentsRequested)
        assert asked.server_version == asked.version == ProtocolVersion(1, 3, 0)
        assert len(asked.names) == 42
        assert asked.unused == {"no-such-parameter"}
        assert isinstance(ready, Ready)
        assert_drawn(await owner.instructions_until("sync"), 640, 480)

        async with line_to(guacd) as guest:
            await guest.shake_hands(ClientHandshake(ready.connection_id, ABILITIES, {"read-only": "true"}))
            assert guest.events[-1] == ready
            assert_drawn(await guest.instructions_until("sync"), 640, 480)


async def test_a_connection_that_does_not_exist(guacd: Guacd) -> None:
    async with line_to(guacd) as line:
        await line.shake_hands(ClientHandshake("$783d0500-ca2b-41d8-99a6-2d45099d320f", ABILITIES))
    assert line.events == [Refused(Status.RESOURCE_NOT_FOUND, "closed without an answer")]


async def test_a_desktop_that_is_not_there(guacd: Guacd, unused_tcp_port: int) -> None:
    """guacd is ready first and says afterwards that it is not."""
    async with line_to(guacd) as line:
        await line.shake_hands(
            ClientHandshake("vnc", ABILITIES, {"hostname": "127.0.0.1", "port": str(unused_tcp_port)})
        )
        assert isinstance(line.events[-1], Ready)
        (error,) = [each for each in await line.instructions_until("error") if each.opcode == "error"]
    assert Status.parse(error.arguments[1]) is Status.UPSTREAM_NOT_FOUND


@pytest.mark.parametrize(("protocol", "count"), [("vnc", 42), ("ssh", 37)])
async def test_parameters_of_each_protocol(guacd: Guacd, protocol: str, count: int) -> None:
    async with line_to(guacd) as line:
        await line.shake_hands(
            ClientHandshake(protocol, ABILITIES, {"hostname": "127.0.0.1", "port": "1", "no-such": ""})
        )
    asked = line.events[0]
    assert isinstance(asked, ArgumentsRequested)
    assert len(asked.names) == count
    assert asked.unused == {"no-such"}


async def test_a_password_that_is_asked_for(guacd: Guacd, locked_desktop) -> None:
    async with line_to(guacd) as line:
        await line.shake_hands(vnc(locked_desktop))
        assert Instruction("required", ("password",)) in await line.instructions_until("required")
        line.writer.write(prompts.answer({"password": PASSWORD}))
        assert_drawn(await line.instructions_until("sync"), 640, 480)


async def test_what_a_viewer_may_send_is_taken_by_guacd(guacd: Guacd, desktop) -> None:
    """After all of it the connection lives, and the desktop has no key down."""
    viewer = ClientInstructions(ViewerPolicy(frozenset(InstructionKind)))
    async with line_to(guacd) as line:
        await line.shake_hands(vnc(desktop))
        await line.instructions_until("sync")
        events = viewer.receive(
            "5.mouse,2.10,2.10,1.1;5.mouse,2.-5,2.10,1.0;3.key,5.65505,1.1;3.key,2.65,1.1;3.key,2.65,1.0;"
            "9.clipboard,1.0,10.text/plain;4.blob,1.0,8.8J2EnsOp;3.end,1.0;3.nop;"
            "4.size,1.1,1.1;6.select,3.vnc;3.key,8.99999999,1.1;4.blob,3.511,4.AAAA;3.ack,4.1023,1.x,1.0;"
        )
        for event in events:
            if isinstance(event, Passed):
                line.writer.write(event.instruction.encode())
        assert sum(isinstance(event, Passed) for event in events) == 10
        # Shift is still down, the pointer was last dragged beyond the left edge.
        await eventually(lambda: len(desktop.pressed_keycodes()) == 1 and desktop.pointer() == (0, 10, 0))
        for released in viewer.release():
            line.writer.write(released.encode())
        await eventually(lambda: desktop.pressed_keycodes() == set())
        line.writer.write(Instruction("disconnect").encode())
        await line.instructions_until("disconnect")
