"""With a real guacd and desktop: who acts is one user of guacd, and sees and does all that there is."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
from PIL import ImageChops

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.guac_screen import GuacScreen
from support.guacamole_world import GuacamoleWorld, open_world
from support.guacd import Guacd
from support.guacd_world import until, users_of
from support.xtigervnc import Pointer, Xtigervnc

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.guacd,
    pytest.mark.asyncio(loop_factories=["uvloop"]),
]

SHIFT = 0xFFE1
LINES = 400


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


@contextmanager
def scrolling(desktop: Xtigervnc) -> Iterator[subprocess.Popen[bytes]]:
    """A terminal full of letters that scrolls for some seconds, and then stands still."""
    each = "head -c 45 /dev/urandom | base64; sleep 0.01"
    script = f"n=0; while [ $n -lt {LINES} ]; do n=$((n+1)); {each}; done; exec sleep 600"
    command = ["xterm", "-geometry", "60x20+0+0", "-e", script]
    with subprocess.Popen(command, env=desktop.environment(), stdin=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.terminate()


def stands_still(terminal: subprocess.Popen[bytes]) -> bool:
    children = psutil.Process(terminal.pid).children()
    return any(child.name() == "sleep" and "600" in child.cmdline() for child in children)


def are_alike(one: GuacScreen, other: GuacScreen) -> bool:
    return ImageChops.difference(one.picture(), other.picture()).getbbox() is None


async def test_what_a_viewer_has_seen_by_two_streams_is_what_there_is(
    lane: GuacamoleWorld, guacd: Guacd, desktop: Xtigervnc, target: Target
):
    with scrolling(desktop) as terminal:
        # Again and again, while the desktop is drawn.
        for _ in range(4):
            async with lane.viewer(target) as passing:
                await passing.until_picture()
                await until(lambda: users_of(guacd) == 2)
                await until(lambda: users_of(guacd) == 1)
        async with lane.viewer(target) as viewer, lane.viewer(target, role=Role.GUEST) as guest:
            await viewer.until_picture()
            await guest.until_picture()
            await until(lambda: users_of(guacd) == 3)
            await until(lambda: users_of(guacd) == 2)
            await until(lambda: stands_still(terminal), seconds=60)
            async with lane.viewer(target, role=Role.GUEST) as newcomer:
                await newcomer.until_picture()
                expected = GuacScreen(newcomer.received)
                for each in (viewer, guest):
                    await until(partial(are_alike, GuacScreen(each.received), expected))
                    assert not each.all("dispose")
            assert expected.picture().getcolors(1) is None, "there was nothing to see"


async def test_what_it_does_arrives(lane: GuacamoleWorld, guacd: Guacd, desktop: Xtigervnc, target: Target):
    with scrolling(desktop):
        async with lane.viewer(target) as viewer:
            await viewer.until_picture()
            await viewer.send(Instruction.of("mouse", 5, 6, 0), Instruction.of("key", SHIFT, 1))
            await until(desktop.pressed_keycodes)
            await until(lambda: users_of(guacd) == 1)
            assert desktop.pressed_keycodes(), "let go though it is still held"
            await viewer.send(Instruction.of("mouse", 30, 40, 1))
            await until(lambda: desktop.pointer() == Pointer(30, 40, 1))
        await until(lambda: not desktop.pressed_keycodes() and not desktop.pointer().buttons)
        assert users_of(guacd) == 1
