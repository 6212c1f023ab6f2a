"""A machine that speaks RDP on the Guacamole lane: a real xrdp, by a real guacd."""

import asyncio
from pathlib import Path

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.fatal_sizes import check_fatal_sizes_do_not_reach
from support.guacamole_world import GuacamoleWorld, after_this
from support.guacd import Guacd
from support.guacd_world import until
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


@pytest.fixture
def target(rdp_machine: Xrdp) -> Target:
    return target_of(rdp_machine)


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


async def test_mouse_keys_and_size_reach_the_machine(
    rdp_lane: GuacamoleWorld, rdp_machine: Xrdp, target: Target
):
    desktop = rdp_machine.desktop
    async with rdp_lane.viewer(target) as owner, rdp_lane.viewer(target, role=Role.USER) as user:
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
    rdp_lane: GuacamoleWorld, rdp_machine: Xrdp, target: Target
):
    desktop = rdp_machine.desktop
    async with rdp_lane.viewer(target) as staying:
        await staying.until_picture()
        async with rdp_lane.viewer(target) as leaving:
            await leaving.until_picture()
            await leaving.send(Instruction.of("mouse", 30, 40, 4), Instruction.of("key", SHIFT, 1))
            await until(lambda: desktop.pressed_keycodes() and desktop.pointer().buttons)
        await until(lambda: not desktop.pressed_keycodes() and not desktop.pointer().buttons)


async def test_sizes_that_guacd_divides_by_do_not_reach_it(
    rdp_lane: GuacamoleWorld, guacd_with_rdp: Guacd, rdp_machine: Xrdp, target: Target
):
    await check_fatal_sizes_do_not_reach(guacd_with_rdp, rdp_lane, target, rdp_machine.desktop)


async def test_the_clipboard_goes_both_ways(rdp_lane: GuacamoleWorld, tmp_path: Path):
    with Xrdp(tmp_path, channels=True) as machine:
        async with rdp_lane.viewer(target_of(machine)) as viewer:
            await viewer.until_picture()
            for stream in range(1, 60):  # what comes before the channel is open is lost
                await viewer.paste(TEXT, stream)
                if await asyncio.to_thread(pasted, machine.desktop) == TEXT:
                    break
            with owning(machine.desktop, TEXT[::-1]):
                await viewer.until(lambda v: TEXT[::-1] in copied(v))
