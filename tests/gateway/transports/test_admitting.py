"""A browser that comes and goes before there is a WebSocket, on both lanes."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
import structlog
from yarl import URL

from beamdesk.gateway.tickets import InstanceId, Stream, Target, Ticket
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from support import guacamole_world, stream_world
from support.guacamole_world import GuacamoleWorld
from support.guacd_world import ticket_for, until
from support.stream_world import StreamWorld

PATIENCE = 15

World = StreamWorld | GuacamoleWorld


class Upstream:
    """Where a lane connects to, be it the desktop or guacd: counts who comes, and hangs up."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0

    def visited(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


class Asking:
    """Takes the place of an office's `redeem`: every ticket is good, once it may answer."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.request: asyncio.Future[asyncio.Task[object]] = asyncio.get_running_loop().create_future()
        """The task that asked; it serves the request."""
        self.may_answer = asyncio.Event()

    async def redeem(self, _secret: str, stream: Stream, _origin: str | None) -> Ticket:
        self.request.set_result(asyncio.current_task())
        await self.may_answer.wait()
        return replace(ticket_for(self._target), stream=stream)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    counting = Upstream()
    async with await asyncio.start_server(counting.visited, "127.0.0.1", 0, family=socket.AF_INET) as server:
        counting.port = server.sockets[0].getsockname()[1]
        yield counting


def rfb(_: Upstream) -> AbstractAsyncContextManager[World]:
    return stream_world.open_world()


def guacamole(upstream: Upstream) -> AbstractAsyncContextManager[World]:
    return guacamole_world.open_world(GuacdAddress("127.0.0.1", upstream.port))


@pytest.fixture(params=[rfb, guacamole], ids=lambda opening: opening.__name__)
async def world(request: pytest.FixtureRequest, upstream: Upstream) -> AsyncIterator[World]:
    opening: Callable[[Upstream], AbstractAsyncContextManager[World]] = request.param
    async with opening(upstream) as opened:
        # As in production; a server for tests cancels what a browser no longer waits for.
        opened.server.runner.server.handler_cancellation = False
        yield opened


@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "stays"])
async def test_a_browser_may_leave_while_its_ticket_is_looked_at(
    world: World,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    leaves: bool,
):
    """No error, and nobody comes to the instance; the desktop hears only of a browser that stays."""
    asking, came = Asking(Target(host="127.0.0.1", port=upstream.port)), list[InstanceId]()
    monkeypatch.setattr(world.office, "redeem", asking.redeem)
    world.sessions.on_presence(came.append)
    with structlog.testing.capture_logs() as lines:
        async with asyncio.timeout(PATIENCE):
            _, browser = await asyncio.open_connection("127.0.0.1", world.server.port)
            browser.write(upgrade_of(world.url("any")))
            serving = await asking.request
            if leaves:
                browser.transport.abort()
                while any(connection.transport for connection in world.server.runner.server.connections):
                    await asyncio.sleep(0.01)
            asking.may_answer.set()
            if not leaves:
                await until(lambda: upstream.visits)
                browser.close()
            await asyncio.wait([serving])
    assert bool(upstream.visits) == bool(came) == (not leaves), (upstream.visits, came)
    assert world.sessions.viewer_count == 0
    assert not [line for line in lines if line["log_level"] in {"error", "critical"}]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def upgrade_of(url: str) -> bytes:
    """The request of a browser that speaks both sub-protocols."""
    return (
        f"GET {URL(url).path_qs} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary, guacamole\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()
