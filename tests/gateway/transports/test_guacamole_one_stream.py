"""With a real guacd and desktop: who acts is one user of guacd, and sees and does all that there is."""

import shlex
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

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
TRIES = 4
"""guacd 1.3 now and then tells who joins a busy desktop what nobody can read; the viewer then joins again."""


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


class Scrolling:
    """A terminal full of letters that scrolls until it is told to stand still."""

    def __init__(self, terminal: subprocess.Popen[bytes], stop: Path) -> None:
        self._terminal = terminal
        self._stop = stop

    async def stand_still(self) -> None:
        self._stop.touch()
        await until(self._stands_still)

    def _stands_still(self) -> bool:
        children = psutil.Process(self._terminal.pid).children()
        return any(child.name() == "sleep" and "600" in child.cmdline() for child in children)


@contextmanager
def scrolling(desktop: Xtigervnc, folder: Path) -> Iterator[Scrolling]:
    stop = folder / "stop"
    each = "head -c 45 /dev/urandom | base64; sleep 0.01"
    script = f"while [ ! -e {shlex.quote(str(stop))} ]; do {each}; done; exec sleep 600"
    command = ["xterm", "-geometry", "60x20+0+0", "-e", script]
    with subprocess.Popen(command, env=desktop.environment(), stdin=subprocess.DEVNULL) as running:
        try:
            yield Scrolling(running, stop)
        finally:
            running.terminate()
            stop.unlink(missing_ok=True)


def are_alike(one: GuacScreen, other: GuacScreen) -> bool:
    return ImageChops.difference(one.picture(), other.picture()).getbbox() is None


async def test_viewers_come_and_go_while_the_desktop_is_drawn(
    lane: GuacamoleWorld, guacd: Guacd, desktop: Xtigervnc, target: Target, tmp_path: Path
):
    with scrolling(desktop, tmp_path):
        for _ in range(4):
            async with lane.viewer(target) as passing:
                await passing.until_picture()
                await until(lambda: users_of(guacd) == 2)
                await until(lambda: users_of(guacd) == 1)


async def test_what_a_viewer_has_seen_by_two_streams_is_what_there_is(
    lane: GuacamoleWorld, guacd: Guacd, desktop: Xtigervnc, target: Target, tmp_path: Path
):
    for _ in range(TRIES):
        with scrolling(desktop, tmp_path) as terminal:
            async with lane.viewer(target) as viewer, lane.viewer(target, role=Role.GUEST) as guest:
                await viewer.until_picture()
                await guest.until_picture()
                await until(lambda: users_of(guacd) == 3)
                await until(lambda: users_of(guacd) == 2)
                await terminal.stand_still()
                async with lane.viewer(target, role=Role.GUEST) as newcomer:
                    await newcomer.until_picture()
                    expected = GuacScreen(newcomer.received)
                    for each in (viewer, guest):
                        await until(partial(are_alike, GuacScreen(each.received), expected))
                assert expected.picture().getcolors(1) is None, "there was nothing to see"
                if not viewer.all("dispose") and not guest.all("dispose"):
                    return
    pytest.fail("each time somebody had to join again")


async def test_what_it_does_arrives(
    lane: GuacamoleWorld, guacd: Guacd, desktop: Xtigervnc, target: Target, tmp_path: Path
):
    with scrolling(desktop, tmp_path):
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
