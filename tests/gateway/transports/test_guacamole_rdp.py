"""A machine that speaks RDP on the Guacamole lane: a real xrdp, by a real guacd."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.guacamole_world import GuacamoleWorld, after_this, open_world
from support.guacd import Guacd
from support.guacd_world import children_of, until
from support.selections import copied, owning, pasted
from support.xrdp import Xrdp
from support.xtigervnc import Pointer

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.guacd,
    # What differs between loops is tested with lighter machines.
    pytest.mark.asyncio(loop_factories=["uvloop"]),
]

SHIFT = 0xFFE1
TEXT = "Füße 日本語"
"""Without a character beyond the first 65,536: guacd 1.3 cuts those to sixteen bits on RDP's clipboard."""

FATAL_SIZES = [(1, 1), (0, 0), (1, 600), (800, 1), (2, 2), (63, 64), (-1, 600), (8193, 600), (10**9, 10**9)]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xrdp]:
    with Xrdp(tmp_path_factory.mktemp("shared-xrdp")) as running:
        yield running


@pytest.fixture
async def lane(guacd_with_rdp: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd_with_rdp) as opened:
        yield opened


@pytest.fixture
def target(machine: Xrdp) -> Target:
    return target_of(machine)


def target_of(machine: Xrdp) -> Target:
    return Target(
        host="127.0.0.1",
        port=machine.port,
        protocol="rdp",
        username="ada",
        password="any",
        parameters={"security": "tls", "ignore-cert": "true"},
        width=640,
        height=480,
    )


async def test_mouse_keys_and_size_reach_the_machine(lane: GuacamoleWorld, machine: Xrdp, target: Target):
    desktop = machine.desktop
    async with lane.viewer(target) as owner, lane.viewer(target, role=Role.USER) as user:
        await owner.until_picture()
        await user.until_picture()
        await user.send(Instruction.of("mouse", 31, 41, 1), Instruction.of("key", SHIFT, 1))
        await until(lambda: desktop.pointer() == Pointer(31, 41, 1) and desktop.pressed_keycodes())
        await user.send(Instruction.of("mouse", 31, 41, 0), Instruction.of("key", SHIFT, 0))
        await until(lambda: desktop.pointer() == Pointer(31, 41, 0) and not desktop.pressed_keycodes())
        await owner.say("size", 800, 600)
        for viewer in (owner, user):
            await viewer.until(lambda v: Instruction.of("size", 0, 800, 600) in v.received)
        await until(lambda: desktop.size() == (800, 600))
        await user.say("size", 640, 480)
        await after_this(user)
        await owner.say("mouse", 799, 599, 0)
        await until(lambda: desktop.pointer() == Pointer(799, 599, 0))
        assert desktop.size() == (800, 600)


async def test_what_a_viewer_holds_is_released_when_it_leaves(
    lane: GuacamoleWorld, machine: Xrdp, target: Target
):
    desktop = machine.desktop
    async with lane.viewer(target) as staying:
        await staying.until_picture()
        async with lane.viewer(target) as leaving:
            await leaving.until_picture()
            await leaving.send(Instruction.of("mouse", 30, 40, 4), Instruction.of("key", SHIFT, 1))
            await until(lambda: desktop.pressed_keycodes() and desktop.pointer().buttons)
        await until(lambda: not desktop.pressed_keycodes() and not desktop.pointer().buttons)


async def test_sizes_that_guacd_divides_by_do_not_reach_it(
    lane: GuacamoleWorld, guacd_with_rdp: Guacd, machine: Xrdp, target: Target
):
    before = children_of(guacd_with_rdp)
    async with lane.viewer(target) as owner:
        await owner.until_picture()
        child = children_of(guacd_with_rdp) - before
        for number, role in enumerate(Role):
            async with lane.viewer(target, role=role) as viewer:
                await viewer.until_picture()
                for width, height in FATAL_SIZES:
                    await viewer.say("size", width, height)
                await after_this(viewer)
            # guacd does what it is told in order, so it has got through all that came before.
            await owner.say("mouse", 100 + number, 50, 0)
            await until(lambda x=100 + number: machine.desktop.pointer()[:2] == (x, 50))
            assert children_of(guacd_with_rdp) - before == child
        assert owner.close is None


async def test_the_clipboard_goes_both_ways(lane: GuacamoleWorld, tmp_path: Path):
    with Xrdp(tmp_path, channels=True) as machine:
        async with lane.viewer(target_of(machine)) as viewer:
            await viewer.until_picture()
            for stream in range(1, 60):  # what comes before the channel is open is lost
                await viewer.paste(TEXT, stream)
                if await asyncio.to_thread(pasted, machine.desktop) == TEXT:
                    break
            with owning(machine.desktop, TEXT[::-1]):
                await viewer.until(lambda v: TEXT[::-1] in copied(v))
