"""Viewers that do not take what is sent, in front of desktops that do not stop sending."""

import asyncio
import contextlib
import socket
from pathlib import Path

from beamdesk.bench.figures import queued_bytes
from beamdesk.codecs.rfb import messages
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.streams import READ_SIZE
from support.stream_world import StreamWorld, Viewer, open_world
from support.synthetic_desktop import desktop_that, listening

CHUNK = bytes(64 * 1024)


class Torrent:
    """Sends as long as somebody takes it, and answers key presses before anything else."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # As little as possible stays in this process: what is sent has left for the gateway.
        writer.transport.set_write_buffer_limits(high=0)
        while True:
            writer.write(CHUNK)
            await writer.drain()
            self.sent += len(CHUNK)


async def stands_still(torrent: Torrent) -> int:
    """Wait until no more is taken; how much was."""
    async with asyncio.timeout(20):
        while True:
            before = torrent.sent
            await asyncio.sleep(0.2)
            if before and before == torrent.sent:
                return before


def backlog(world: StreamWorld) -> int:
    return sum(frames.backlog for frames, _ in world.lane.heartbeat._watched.values())


@contextlib.asynccontextmanager
async def stalled(world: StreamWorld, target: Target):
    """A viewer behind a small window that reads nothing after its handshake."""
    async with world.entered(target) as viewer:
        transport = viewer.websocket._response.connection.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        transport.pause_reading()
        viewer.transport = transport
        yield viewer
        transport.abort()


async def test_what_waits_for_a_stalled_viewer_is_bounded(world: StreamWorld):
    torrent = Torrent()
    async with listening(desktop_that(torrent)) as target, stalled(world, target):
        await stands_still(torrent)
        assert 0 < backlog(world) <= READ_SIZE + 64
        unsent, _ = queued_bytes(world.server.port)
        _, unread = queued_bytes(target.port)
        assert unsent
        assert unread
        assert backlog(world) + unsent + unread < 2 * 1024 * 1024


async def test_a_stalled_viewer_stops_a_local_desktop_soon(world: StreamWorld, tmp_path: Path):
    torrent = Torrent()
    async with listening(desktop_that(torrent), unix=tmp_path / "rfb") as target, stalled(world, target):
        taken = await stands_still(torrent)
        assert 0 < backlog(world) <= READ_SIZE + 64
        assert taken < 2 * 1024 * 1024


async def test_another_viewer_does_not_notice(world: StreamWorld):
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)

    torrent = Torrent()
    async with (
        listening(desktop_that(torrent)) as flooding,
        listening(desktop_that(echo)) as quiet,
        stalled(world, flooding),
        world.entered(quiet) as viewer,
    ):
        await stands_still(torrent)
        for _ in range(100):
            await viewer.send(messages.key_event(65, down=True))
            assert await viewer.read(8) == messages.key_event(65, down=True)


async def test_a_viewer_that_reads_again_goes_on(world: StreamWorld, tmp_path: Path):
    torrent = Torrent()
    async with (
        listening(desktop_that(torrent), unix=tmp_path / "rfb") as target,
        stalled(world, target) as viewer,
    ):
        taken = await stands_still(torrent)
        viewer.transport.resume_reading()
        assert await viewer.read(taken + 500_000) == bytes(taken + 500_000)


async def test_a_viewer_that_takes_nothing_is_ended():
    async with open_world(heartbeat_seconds=60, slow_viewer_seconds=1) as world:
        torrent = Torrent()
        async with listening(desktop_that(torrent)) as target, stalled(world, target) as viewer:
            ended = await the_only(world).ended()
            assert ended is EndReason.VIEWER_TOO_SLOW
            async with asyncio.timeout(10):
                while world.sessions.viewer_count:
                    await asyncio.sleep(0.01)
            viewer.transport.resume_reading()
            await viewer.ended()


async def test_a_slow_viewer_is_not_ended():
    """It takes something in every second, far less than is sent, and never gets to answer a ping."""
    async with (
        open_world(heartbeat_seconds=0.5, slow_viewer_seconds=2) as world,
        listening(desktop_that(Torrent())) as target,
        stalled(world, target) as viewer,
    ):
        for _ in range(8):
            viewer.transport.resume_reading()
            await viewer.read(150_000)
            viewer.transport.pause_reading()
            await asyncio.sleep(0.5)
        assert the_only(world).reason is None


async def test_a_desktop_that_takes_no_input_stops_its_viewer_only(world: StreamWorld):
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()
        await asyncio.Event().wait()

    blocked = asyncio.Event()

    async def press(viewer: Viewer) -> None:
        request = messages.framebuffer_update_request(0, 0, 1, 1, incremental=True)
        while True:
            try:
                async with asyncio.timeout(1):
                    await viewer.send(request * 5000)
            except TimeoutError:
                blocked.set()
                return

    async with listening(until_broken(deaf)) as target, world.entered(target) as viewer:
        async with asyncio.timeout(60):
            await press(viewer)
        assert blocked.is_set()
        world.sessions.end_instance("instance-1", EndReason.DESKTOP_STOPPED)
        viewer.websocket._response.connection.transport.abort()


def until_broken(talks):
    """A conversation that ends with its connection though it never reads."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.TaskGroup() as group:
            talking = group.create_task(desktop_that(talks)(reader, writer))
            while not writer.transport.is_closing():
                await asyncio.sleep(0.05)
            talking.cancel()

    return converse


def the_only(world: StreamWorld):
    (viewer,) = world.lane.heartbeat._watched
    return viewer
