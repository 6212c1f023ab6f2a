"""What a hostile client sends on the Guacamole lane, and that guacd and the desktop never see it."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.transports.guacamole_pace import MOST_SAID
from support.fatal_sizes import check_fatal_sizes_do_not_reach
from support.guacamole_world import PATIENCE, GuacamoleWorld, after_this, open_world
from support.guacd import Guacd
from support.guacd_world import until
from support.scripted_guacd import ScriptedGuacd
from support.xtigervnc import Pointer, Xtigervnc

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.guacd,
    # What differs between loops is tested with lighter machines.
    pytest.mark.asyncio(loop_factories=["uvloop"]),
]

SHIFT = 0xFFE1
MACHINE = Target(host="desktop.lab", port=5900)
FAULT = (1002, "768")
KEY = Instruction.of("key", SHIFT, 1).encode().decode()

UNFRAMEABLE = [
    "4.key,5.65505,1.1;",
    "3.key,6.65505,1.1;",
    "3.key,-5.65505,1.1;",
    "3.key," + "9" * 30 + ".65505,1.1;",
    ".;",
    "3.key,5.65505,1.1,",
    "3.nop;garbage",
    "8193." + "x" * 8193 + ";",
    "3.nop" + ",1.x" * 128 + ";",
    "5.m\0use,1.1,1.1,1.0;",
    "00003.nop;000003.nop;",
]


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


@pytest.mark.parametrize("said", UNFRAMEABLE, ids=range(len(UNFRAMEABLE)))
async def test_what_cannot_be_framed_ends_the_viewer_and_nothing_of_it_arrives(
    lane: GuacamoleWorld, desktop: Xtigervnc, target: Target, said: str
):
    async with lane.viewer(target) as viewer:
        await viewer.until_picture()
        await viewer.websocket.send_str(KEY + said + ("," if said.endswith(",") else ""))
        if said.endswith(","):
            await viewer.websocket.send_str("9.")
            await viewer.websocket.send_str("x;" * 20_000)
        assert await viewer.until_closed() == FAULT
    assert not desktop.pressed_keycodes()


async def test_binary_and_broken_text_are_no_instructions(lane: GuacamoleWorld, target: Target):
    async with lane.viewer(target) as viewer:
        await viewer.websocket.send_bytes(b"3.nop;")
        assert await viewer.until_closed() == FAULT
    async with lane.viewer(target) as viewer:
        await viewer.websocket._writer.send_frame(b"3.no\xff;", aiohttp.WSMsgType.TEXT)
        assert (await viewer.until_closed())[0] in {1002, 1007}
    async with lane.viewer(target) as viewer:
        await viewer.websocket.send_str("3.nop;" * 50_000)
        assert (await viewer.until_closed())[0] in {1002, 1009}


async def test_a_flood_is_read_slowly_and_others_are_heard_meanwhile(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd
):
    """All of it arrives, in order; whoever else says something does not wait for its end."""
    moves = [Instruction.of("mouse", x, 0, 0) for x in range(3 * MOST_SAID)]
    async with scripted_lane.viewer(MACHINE) as flooding, scripted_lane.viewer(MACHINE) as other:
        for viewer in (flooding, other):
            await viewer.until_picture()
        first, second = scripted.joined
        for start in range(0, len(moves), 1000):
            await flooding.send(*moves[start : start + 1000])
        async with asyncio.timeout(PATIENCE):
            await first.hear("mouse")
            await after_this(other)
            await other.say("key", SHIFT, 1)
            await second.hear("key")
            assert len(first.all("mouse")) < len(moves)
            while len(first.all("mouse")) < len(moves):
                await asyncio.sleep(0.05)
        assert first.all("mouse") == moves
        await after_this(flooding)


async def test_twenty_bad_ones_are_enough(lane: GuacamoleWorld, target: Target):
    async with lane.viewer(target) as viewer:
        await viewer.until_picture()
        for _ in range(19):
            await viewer.say("connect", "hostname", "10.0.0.1")
        await after_this(viewer)
        assert viewer.close is None
        await viewer.say("select", "vnc")
        assert await viewer.until_closed() == FAULT


async def test_sizes_that_kill_guacd_do_not_reach_it(
    lane: GuacamoleWorld, guacd: Guacd, desktop: Xtigervnc, target: Target
):
    await check_fatal_sizes_do_not_reach(guacd, lane, target, desktop)


async def test_no_browser_leads_guacd_elsewhere(lane: GuacamoleWorld, desktop: Xtigervnc, target: Target):
    """A decoy waits for somebody who is led to it; nobody comes but who was sent there by a ticket."""
    visits: list[object] = []

    def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer.get_extra_info("peername"))
        writer.close()

    decoy = await asyncio.start_server(visited, "127.0.0.1", 0, family=socket.AF_INET)
    port = decoy.sockets[0].getsockname()[1]
    named = f"hostname=127.0.0.1&port={port}"
    for query in (named, f"GUAC_{named}", f"connect={port}&{named}", f"argv={port}", f"command=nc+{port}"):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await lane.connected(target, f"&{query}").__aenter__()
    for role in (Role.OWNER, Role.GUEST):
        async with lane.viewer(target, role=role) as viewer:
            handshake = [
                Instruction("select", ("vnc",)),
                Instruction.of("connect", "VERSION_1_3_0", "127.0.0.1", port),
                Instruction.of("hostname", "127.0.0.1"),
                *answers(hostname="127.0.0.1", port=str(port), command=f"nc 127.0.0.1 {port}"),
            ]
            await viewer.send(*handshake)
            await viewer.until_picture()
            await viewer.send(*handshake)
            await after_this(viewer)
            assert viewer.close is None
    async with lane.viewer(target) as owner:
        await owner.until_picture()
        await owner.say("mouse", 90, 91, 0)
        await until(lambda: desktop.pointer() == Pointer(90, 91, 0))
    assert not visits
    async with lane.viewer(Target(host="127.0.0.1", port=port), instance="decoy") as sent:
        await sent.until_closed()
    assert visits
    decoy.close()


def answers(**parameters: str) -> list[Instruction]:
    """As a browser gives what a machine asks for."""
    return [
        instruction
        for stream, (name, value) in enumerate(parameters.items(), start=1)
        for instruction in (
            Instruction.of("argv", stream, "text/plain", name),
            Instruction.of("blob", stream, base64.b64encode(value.encode()).decode()),
            Instruction.of("end", stream),
        )
    ]


async def test_a_guest_smuggles_nothing(lane: GuacamoleWorld, desktop: Xtigervnc, target: Target):
    """Neither as the second and third in a message, nor split over messages, nor with a length that lies."""
    async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as guest:
        await owner.until_picture()
        await guest.until_picture()
        await owner.say("mouse", 40, 40, 0)
        await until(lambda: desktop.pointer() == Pointer(40, 40, 0))
        await guest.websocket.send_str("3.nop;" + KEY + "3.nop;" + "5.mouse,1.1,1.1,1.1;" + "3.nop;")
        for letter in KEY:
            await guest.websocket.send_str(letter)
        # A semicolon and an instruction within a value: it stays a value.
        await guest.say("ack", 1, "3.nop;" + KEY, 0)
        await guest.say("sync", 1)
        await guest.say("disconnect", "x")
        await after_this(guest)
        await owner.say("mouse", 41, 41, 0)
        await until(lambda: desktop.pointer() == Pointer(41, 41, 0))
        assert not desktop.pressed_keycodes()


async def test_a_guest_who_says_disconnect_leaves_alone(lane: GuacamoleWorld, target: Target):
    async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as guest:
        await owner.until_picture()
        await guest.until_picture()
        await guest.say("disconnect")
        assert await guest.until_closed() == (1000, "0")
        seen = len(owner.all("sync"))
        await owner.until(lambda v: len(v.all("sync")) > seen)


async def test_the_future_is_not_acknowledged(lane: GuacamoleWorld, target: Target):
    """guacd throws out who does."""
    async with lane.viewer(target) as viewer:
        await viewer.until_picture()
        await viewer.say("sync", 10**15)
        seen = len(viewer.all("sync"))
        await viewer.until(lambda v: len(v.all("sync")) > seen + 1)
        assert not viewer.all("dispose"), "it was thrown out and has joined again"
        assert viewer.close is None
