"""Viewers that do not keep up cost themselves the picture, and nobody else anything."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import InstanceId, Target
from support.guacamole_world import GuacamoleWorld, Viewer, open_world, stalled
from support.guacd import Guacd
from support.guacd_world import until
from support.xtigervnc import Xtigervnc

pytestmark = [pytest.mark.desktop, pytest.mark.guacd]

SLOW_SECONDS = 8


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd, slow_viewer_seconds=SLOW_SECONDS) as opened:
        yield opened


@contextmanager
def noise(desktop: Xtigervnc) -> Iterator[None]:
    """Something that never stands still: as much to draw as the desktop can give."""
    scrolling = subprocess.Popen(
        [
            "xterm",
            "-geometry",
            "80x24+0+0",
            "-e",
            "while :; do head -c 1500 /dev/urandom | base64; sleep 0.03; done",
        ],
        env=desktop.environment(),
        stdin=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        scrolling.terminate()
        scrolling.wait()


async def frames_in(viewer: Viewer, seconds: float) -> int:
    """How many frames the viewer has seen within a time that is long enough to count them."""
    before = len(viewer.all("sync"))
    await asyncio.sleep(seconds)
    return len(viewer.all("sync")) - before


async def test_a_viewer_that_takes_nothing_slows_nobody_and_is_ended(
    lane: GuacamoleWorld, desktop: Xtigervnc, target: Target
):
    instance = InstanceId("instance-1")
    with noise(desktop):
        async with lane.viewer(target) as owner:
            await owner.until_picture()
            await owner.until(lambda viewer: len(viewer.all("sync")) > 20)
            alone = await frames_in(owner, 3)
            async with stalled(lane, target):
                await until(lambda: len(lane.sessions.viewers(instance)) == 2)
                beside = await frames_in(owner, SLOW_SECONDS - 1)
                assert beside / (SLOW_SECONDS - 1) > 0.6 * alone / 3
                await until(lambda: len(lane.sessions.viewers(instance)) == 1)


async def test_one_that_falls_behind_begins_with_a_clean_picture(
    lane: GuacamoleWorld, desktop: Xtigervnc, target: Target
):
    with noise(desktop):
        async with lane.viewer(target) as owner, stalled(lane, target) as slow:
            await owner.until_picture()
            # Drops of what is drawn: too little to keep up, enough to be alive.
            async with asyncio.timeout(60):
                while b"7.dispose,2.63;" not in slow.taken:
                    assert await slow.take(4096), "ended"
                    await asyncio.sleep(0.02 if b"7.dispose" not in slow.taken else 0)
            behind = slow.taken.index(b"7.dispose,1.1;")
            async with asyncio.timeout(30):
                while b"4.sync," not in slow.taken[behind:]:
                    assert await slow.take(65536), "ended"
            assert b"4.size,1.0,3.320,3.240;" in slow.taken[behind:]


async def test_a_late_viewer_holds_up_nobody(lane: GuacamoleWorld, desktop: Xtigervnc, target: Target):
    """It reads all, but never says so: guacd would give the others two frames a second."""
    with noise(desktop):
        async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as silent:
            silent.acknowledges = False
            await owner.until_picture()
            await silent.until_picture()
            before = len(silent.all("sync"))
            owners = await frames_in(owner, 4)
            assert owners > 20
            assert len(silent.all("sync")) - before > 0.6 * owners
