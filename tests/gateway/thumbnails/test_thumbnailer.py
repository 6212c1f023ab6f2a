"""Pictures of real desktops."""

import asyncio
import io
import stat
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from beamdesk.gateway.clock import Clock, SystemClock
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.thumbnails.thumbnailer import Thumbnailer
from beamdesk.gateway.tickets import InstanceId, Target
from support.manual_clock import ManualClock
from support.xtigervnc import Xtigervnc

pytestmark = pytest.mark.desktop

DESK = InstanceId("desk-1")
OTHER = InstanceId("desk-2")


class World:
    """A running thumbnailer that looks at what the test says."""

    def __init__(self, folder: Path, target: Target | None, clock: Clock, width: int) -> None:
        self.target = target
        self.looks: list[InstanceId] = []
        self.looked = asyncio.Condition()
        self.new: asyncio.Queue[InstanceId] = asyncio.Queue()
        self.before_look: Callable[[], Awaitable[None]] | None = None
        self.thumbnailer = Thumbnailer(
            folder=folder,
            target_of=self.target_of,
            on_new=self.new.put_nowait,
            clock=clock,
            every_seconds=20,
            width=width,
            largest_bytes=256 * 1024,
        )

    async def target_of(self, instance_id: InstanceId) -> Target | None:
        self.looks.append(instance_id)
        if self.before_look is not None:
            await self.before_look()
        async with self.looked:
            self.looked.notify_all()
        return self.target

    async def looks_are(self, count: int) -> None:
        async with asyncio.timeout(10), self.looked:
            await self.looked.wait_for(lambda: len(self.looks) >= count)

    async def next_new(self) -> InstanceId:
        async with asyncio.timeout(10):
            return await self.new.get()


@asynccontextmanager
async def running(
    folder: Path, target: Target | None, *, clock: Clock | None = None, width: int = 160
) -> AsyncIterator[World]:
    world = World(folder, target, clock or SystemClock(), width)
    tasks = BackgroundTasks()
    tasks.start("thumbnails", world.thumbnailer.run)
    try:
        yield world
    finally:
        await tasks.stop()


def colour(picture: bytes | None) -> tuple[int, ...]:
    assert picture is not None
    return Image.open(io.BytesIO(picture)).convert("RGB").resize((1, 1)).getpixel((0, 0))


async def paint(desktop: Xtigervnc, name: str) -> None:
    await asyncio.to_thread(
        subprocess.run, ["xsetroot", "-solid", name], env=desktop.environment(), check=True
    )


async def test_shows_the_desktop_small_and_in_its_colours(tmp_path, desktop, target):
    await paint(desktop, "#2040c0")
    async with running(tmp_path / "pictures", target) as world:
        assert world.thumbnailer.version(DESK) is None
        assert world.thumbnailer.picture(DESK) is None
        assert world.thumbnailer.path(DESK) is None
        world.thumbnailer.request(DESK)
        assert await world.next_new() == DESK
        picture = world.thumbnailer.picture(DESK)
        image = Image.open(io.BytesIO(picture))
        assert (image.format, image.size) == ("WEBP", (160, 120))
        assert all(abs(a - b) < 12 for a, b in zip(colour(picture), (0x20, 0x40, 0xC0), strict=True))
        path = world.thumbnailer.path(DESK)
        assert path.read_bytes() == picture
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_small_desktop_is_not_enlarged(tmp_path, target):
    async with running(tmp_path, target, width=1000) as world:
        world.thumbnailer.request(DESK)
        await world.next_new()
        assert Image.open(io.BytesIO(world.thumbnailer.picture(DESK))).size == (320, 240)


async def test_is_made_again_only_when_asked_and_when_time_has_passed(tmp_path, desktop, target):
    clock = ManualClock()
    await paint(desktop, "red")
    async with running(tmp_path, target, clock=clock) as world:
        world.thumbnailer.request(DESK)
        await world.next_new()
        first = world.thumbnailer.version(DESK)
        await paint(desktop, "green")
        world.thumbnailer.request(DESK)
        world.thumbnailer.request(DESK)
        world.thumbnailer.request(OTHER)
        assert await world.next_new() == OTHER
        assert world.looks == [DESK, OTHER]
        clock.advance(19)
        world.thumbnailer.request(OTHER)
        await asyncio.sleep(0)
        assert world.looks == [DESK, OTHER]
        clock.advance(1.5)
        assert await world.next_new() == DESK
        assert world.thumbnailer.version(DESK) != first
        assert world.looks[:3] == [DESK, OTHER, DESK]


async def test_nobody_is_told_of_the_same_picture(tmp_path, desktop, target):
    clock = ManualClock()
    await paint(desktop, "blue")
    async with running(tmp_path, target, clock=clock) as world:
        world.thumbnailer.request(DESK)
        await world.next_new()
        clock.advance(30)
        world.thumbnailer.request(DESK)
        await world.looks_are(2)
        world.thumbnailer.request(OTHER)
        assert await world.next_new() == OTHER
        assert world.new.empty()


async def test_outlives_a_restart(tmp_path, target):
    async with running(tmp_path, target) as world:
        world.thumbnailer.request(DESK)
        await world.next_new()
        version = world.thumbnailer.version(DESK)
    (tmp_path / "tmp123.part").write_bytes(b"half")
    async with running(tmp_path, None) as world:
        world.thumbnailer.request(OTHER)
        await world.looks_are(1)
        assert world.thumbnailer.version(DESK) == version
        assert [path.name for path in tmp_path.iterdir()] == ["desk-1.webp"]


async def test_a_forgotten_instance_has_no_picture_and_no_file(tmp_path, target):
    async with running(tmp_path, target) as world:
        world.thumbnailer.request(DESK)
        await world.next_new()
        world.thumbnailer.forget(DESK)
        assert world.thumbnailer.picture(DESK) is None
        world.thumbnailer.request(OTHER)
        await world.next_new()
        assert [path.name for path in tmp_path.iterdir()] == ["desk-2.webp"]


async def test_forgotten_while_it_is_being_looked_at(tmp_path, target):
    async with running(tmp_path, target) as world:

        async def forget() -> None:
            if world.looks == [DESK]:
                world.thumbnailer.forget(DESK)

        world.before_look = forget
        world.thumbnailer.request(DESK)
        world.thumbnailer.request(OTHER)
        assert await world.next_new() == OTHER
        assert world.thumbnailer.picture(DESK) is None


@pytest.mark.parametrize(
    "gone", [None, Target(unix_path="/nonexistent/rfb"), Target(host="127.0.0.1", port=1), Target()]
)
async def test_a_desktop_that_is_gone_keeps_its_last_picture(tmp_path, target, gone):
    clock = ManualClock()
    async with running(tmp_path, target, clock=clock) as world:
        world.thumbnailer.request(DESK)
        await world.next_new()
        before = world.thumbnailer.version(DESK)
        world.target = gone
        clock.advance(30)
        world.thumbnailer.request(DESK)
        await world.looks_are(2)
        world.target = target
        world.thumbnailer.request(OTHER)
        assert await world.next_new() == OTHER
        assert world.thumbnailer.version(DESK) == before


async def test_trouble_with_one_instance_ends_no_other(tmp_path, target):
    async with running(tmp_path, target) as world:

        async def fail() -> None:
            if world.looks == [DESK]:
                raise ZeroDivisionError

        world.before_look = fail
        world.thumbnailer.request(DESK)
        world.thumbnailer.request(InstanceId("../escaped"))
        world.thumbnailer.request(OTHER)
        assert await world.next_new() == OTHER
        assert not (tmp_path.parent / "escaped.webp").exists()
