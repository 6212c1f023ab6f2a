"""Viewers whose link is dead, and those who only have nothing to say."""

import asyncio

import aiohttp

from beamdesk.bench.figures import queued_bytes
from beamdesk.gateway.reasons import EndReason
from support.manual_clock import ManualClock
from support.stream_world import open_world
from support.synthetic_desktop import desktop_that, listening


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def pass_seconds(clock: ManualClock, seconds: int) -> None:
    """One by one, so that heartbeats and answers take their turns."""
    for _ in range(seconds):
        clock.advance(1)
        for _ in range(3):
            await asyncio.sleep(0.002)


async def test_a_half_open_link_is_found_within_thirty_seconds():
    clock = ManualClock()
    async with (
        open_world(clock=clock) as world,
        listening(desktop_that(idle)) as target,
        world.entered(target) as viewer,
    ):
        # The other end is open but answers nothing, as after a cable was pulled.
        viewer.websocket._response.connection.transport.pause_reading()
        while queued_bytes(world.server.port)[0]:
            await asyncio.sleep(0.01)
        (watched,) = world.lane.heartbeat._watched
        await pass_seconds(clock, 24)
        assert watched.reason is None
        await pass_seconds(clock, 5)
        assert watched.reason is EndReason.VIEWER_SILENT
        viewer.websocket._response.connection.transport.abort()


async def test_a_viewer_that_answers_stays():
    clock = ManualClock()
    async with (
        open_world(clock=clock) as world,
        listening(desktop_that(idle)) as target,
        world.entered(target) as viewer,
        asyncio.TaskGroup() as group,
    ):
        (watched,) = world.lane.heartbeat._watched
        reading = group.create_task(viewer.websocket.receive())
        await pass_seconds(clock, 120)
        assert watched.reason is None
        assert not reading.done()
        reading.cancel()


async def test_it_is_asked_once_in_a_heartbeat():
    clock = ManualClock()
    async with open_world(clock=clock) as world, listening(desktop_that(idle)) as target:
        ticket = world.office.issue(target)
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(world.url(ticket), protocols=["binary"], autoping=False) as websocket,
            asyncio.TaskGroup() as group,
        ):
            pings = []

            async def answer() -> None:
                async for message in websocket:
                    if message.type is aiohttp.WSMsgType.PING:
                        pings.append(message.data)
                        await websocket.pong(message.data)

            answering = group.create_task(answer())
            while not world.lane.heartbeat._watched:
                await asyncio.sleep(0.01)
            await pass_seconds(clock, 95)
            assert pings == [b""] * 9
            answering.cancel()


async def test_a_round_over_nobody_does_nothing():
    async with open_world() as world:
        world.lane.heartbeat.make_round()


async def test_trouble_with_one_viewer_does_not_stop_the_rounds():
    clock = ManualClock()
    async with (
        open_world(clock=clock) as world,
        listening(desktop_that(idle)) as target,
        world.entered(target, instance="broken") as broken,
        world.entered(target) as fine,
    ):
        first, second = world.lane.heartbeat._watched
        frames, liveness = world.lane.heartbeat._watched[first]
        world.lane.heartbeat._watched[first] = None, liveness
        await pass_seconds(clock, 2)
        assert first.reason is EndReason.GATEWAY_FAULT
        assert second.reason is None
        del broken, fine, frames
