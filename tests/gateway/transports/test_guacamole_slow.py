"""Viewers that do not keep up cost themselves the picture, and nobody else anything."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import InstanceId, Target
from beamdesk.gateway.transports.guacamole_outbox import Outbox
from support.guacamole_world import GuacamoleWorld, Viewer, open_world, stalled
from support.guacd import Guacd
from support.guacd_world import until
from support.xtigervnc import Xtigervnc

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.guacd,
    # It takes long to be slow: once, on the loop of production.
    pytest.mark.asyncio(loop_factories=["uvloop"]),
]

SLOW_SECONDS = 8
STALLED_SECONDS = 60


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


class WatchedOutbox(Outbox):
    """Remembers how much waited in it at most."""

    peaks: ClassVar[dict[Outbox, int]] = {}

    def send(self, payload: bytes | memoryview) -> None:
        super().send(payload)
        self.peaks[self] = max(self.peaks.get(self, 0), self.backlog)


@contextmanager
def ticking(desktop: Xtigervnc, ticks: Path) -> Iterator[None]:
    """A screenful of something new six times a second at most; *ticks* grows by a byte each time."""
    ticks.touch()
    each = f"head -c 7200 /dev/urandom | base64 -w 170; printf x >> {ticks}; sleep 0.15"
    command = ["xterm", "-geometry", "170x58+0+0", "-e", f"while :; do {each}; done"]
    with subprocess.Popen(command, env=desktop.environment(), stdin=subprocess.DEVNULL) as running:
        try:
            yield
        finally:
            running.terminate()


@pytest.mark.slow
async def test_two_of_three_keep_their_frame_rate_while_the_third_takes_nothing(
    guacd: Guacd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """For a minute: guacd bears a silent user for fifteen seconds, the gateway here for longer than a minute.
    There is more to draw than the system keeps on its way to a viewer.

    Frames are counted by what there was to see, not by time, which the machine that runs this may lack.
    """
    monkeypatch.setattr("beamdesk.gateway.transports.guacamole_relay.Outbox", WatchedOutbox)
    monkeypatch.setattr(WatchedOutbox, "peaks", {})
    ticks = tmp_path / "ticks"

    async def frames_per_tick(viewers: list[Viewer], seconds: float) -> list[float]:
        seen, drawn = [len(viewer.all("sync")) for viewer in viewers], ticks.stat().st_size
        await asyncio.sleep(seconds)
        shown = ticks.stat().st_size - drawn
        return [
            (len(viewer.all("sync")) - before) / shown for viewer, before in zip(viewers, seen, strict=True)
        ]

    with (
        Xtigervnc(tmp_path, "-SecurityTypes", "None", geometry="1024x768") as desktop,
        ticking(desktop, ticks),
    ):
        target = Target(unix_path=str(desktop.path))
        async with (
            open_world(guacd, heartbeat_seconds=60, slow_viewer_seconds=120) as lane,
            lane.viewer(target) as owner,
            lane.viewer(target, role=Role.GUEST) as guest,
        ):
            for viewer in (owner, guest):
                await viewer.until(lambda v: len(v.all("sync")) > 10)
            alone = await frames_per_tick([owner, guest], 10)
            async with stalled(lane, target):
                await until(lambda: len(lane.sessions.viewers(InstanceId("instance-1"))) == 3)
                beside = await frames_per_tick([owner, guest], STALLED_SECONDS)
                assert len(lane.sessions.viewers(InstanceId("instance-1"))) == 3
    assert all(after >= 0.95 * before for before, after in zip(alone, beside, strict=True)), (alone, beside)
    assert 0 < max(WatchedOutbox.peaks.values()) < 5 * 1024 * 1024
