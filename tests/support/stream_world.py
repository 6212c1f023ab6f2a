"""The RFB lane on a real socket, with an office that knows the tickets it was told, and a viewer."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from beamdesk.gateway.clock import SystemClock
from beamdesk.gateway.http.problems import answer_problems
from beamdesk.gateway.http.requests import name_request
from beamdesk.gateway.roles import Role
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import InstanceId, Stream, Target, Ticket, TicketRefused, UserId
from beamdesk.gateway.transports.rfb import RfbLane

__all__ = ["Office", "StreamWorld", "Viewer", "open_world"]

_PATIENCE = 15


class Office:
    """A `TicketOffice` in memory; its tickets work once."""

    def __init__(self) -> None:
        self._tickets: dict[str, tuple[Ticket, str | None]] = {}
        self._numbers = count(1)
        self.before_answer: asyncio.Event | None = None
        """If set, tickets are redeemed but not answered until then."""
        self.redeemed = asyncio.Event()

    def issue(
        self,
        target: Target,
        *,
        role: Role = Role.OWNER,
        instance: str = "instance-1",
        sign_in: str = "sign-in-1",
        origin: str | None = None,
    ) -> str:
        secret = f"secret-{next(self._numbers)}"
        ticket = Ticket(
            user_id=UserId("user-1"),
            user_name="Ada",
            instance_id=InstanceId(instance),
            role=role,
            stream=Stream.RFB,
            target=target,
            sign_in=sign_in,
            expires_at=datetime.now(UTC) + timedelta(seconds=30),
        )
        self._tickets[secret] = ticket, origin
        return secret

    async def redeem(self, secret: str, stream: Stream, origin: str | None) -> Ticket:
        ticket, bound_to = self._tickets.pop(secret, (None, None))
        self.redeemed.set()
        if self.before_answer is not None:
            await self.before_answer.wait()
        if ticket is None:
            raise TicketRefused("unknown")
        if ticket.stream is not stream:
            raise TicketRefused("stream")
        if bound_to != origin:
            raise TicketRefused("origin")
        return ticket


class Viewer:
    """A browser's side of the lane: exactly so many bytes, whatever frames they come in."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self.websocket = websocket
        self.frames = 0
        self._held = bytearray()

    async def read(self, size: int) -> bytes:
        while len(self._held) < size:
            message = await self.websocket.receive(timeout=_PATIENCE)
            assert message.type is aiohttp.WSMsgType.BINARY, (message, self.close_reason)
            self._held += message.data
            self.frames += 1
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    async def send(self, data: bytes) -> None:
        await self.websocket.send_bytes(data)

    async def shake_hands(self) -> tuple[int, int]:
        """Up to ServerInit; the desktop's size."""
        assert await self.read(12) == b"RFB 003.008\n"
        await self.send(b"RFB 003.008\n")
        assert await self.read(2) == b"\x01\x01"
        await self.send(b"\x01")
        assert await self.read(4) == bytes(4)
        await self.send(b"\x01")
        width, height, name = struct.unpack(">HH16xI", await self.read(24))
        await self.read(name)
        return width, height

    async def read_raw_update(self) -> dict[tuple[int, int, int, int], bytes]:
        """One FramebufferUpdate of Raw rectangles of 32 bits; clipboard messages before it are skipped."""
        while (kind := (await self.read(1))[0]) == 3:
            (length,) = struct.unpack(">3xi", await self.read(7))
            await self.read(abs(length))
        assert kind == 0
        (rectangles,) = struct.unpack(">xH", await self.read(3))
        found = {}
        for _ in range(rectangles):
            *where, encoding = struct.unpack(">HHHHi", await self.read(12))
            assert encoding == 0
            found[tuple(where)] = await self.read(4 * where[2] * where[3])
        return found

    async def ended(self) -> tuple[int | None, str]:
        """Close code and the code word of the reason; what comes before is thrown away."""
        while True:
            message = await self.websocket.receive(timeout=_PATIENCE)
            match message.type:
                case aiohttp.WSMsgType.CLOSE:
                    return message.data, str(message.extra).partition(":")[0]
                case aiohttp.WSMsgType.CLOSED | aiohttp.WSMsgType.CLOSING | aiohttp.WSMsgType.ERROR:
                    return self.websocket.close_code, ""

    @property
    def close_reason(self) -> int | None:
        return self.websocket.close_code


class StreamWorld:
    """A running lane."""

    def __init__(self, server: TestServer, office: Office, sessions: SessionRegistry, lane: RfbLane) -> None:
        self.server = server
        self.office = office
        self.sessions = sessions
        self.lane = lane
        self.trusting: ssl.SSLContext | None = None

    def url(self, ticket: str) -> str:
        scheme = "ws" if self.trusting is None else "wss"
        return f"{scheme}://127.0.0.1:{self.server.port}/stream/rfb?ticket={ticket}"

    @asynccontextmanager
    async def viewer(self, target: Target, **ticket: object) -> AsyncIterator[Viewer]:
        """A viewer that has not said anything yet."""
        async with aiohttp.ClientSession() as client:
            url = self.url(self.office.issue(target, **ticket))
            async with client.ws_connect(
                url, protocols=["binary"], max_msg_size=0, ssl=self.trusting or True, compress=15
            ) as websocket:
                yield Viewer(websocket)

    @asynccontextmanager
    async def entered(self, target: Target, **ticket: object) -> AsyncIterator[Viewer]:
        """A viewer that has got ServerInit."""
        async with self.viewer(target, **ticket) as viewer:
            await viewer.shake_hands()
            yield viewer


@asynccontextmanager
async def open_world(
    *,
    heartbeat_seconds: float = 10,
    slow_viewer_seconds: float = 20,
    clock: SystemClock | None = None,
    serving: ssl.SSLContext | None = None,
    trusting: ssl.SSLContext | None = None,
) -> AsyncIterator[StreamWorld]:
    """Serve a lane with its heartbeat, and end it as the server does."""
    clock = clock or SystemClock()
    office, sessions = Office(), SessionRegistry(clock)
    lane = RfbLane(
        office=office,
        sessions=sessions,
        clock=clock,
        heartbeat_seconds=heartbeat_seconds,
        slow_viewer_seconds=slow_viewer_seconds,
    )
    app = web.Application(middlewares=[name_request, answer_problems])
    lane.add_routes(app)
    server = TestServer(app, host="127.0.0.1", scheme="https" if serving else "http")
    tasks = BackgroundTasks()
    tasks.start("heartbeat", lane.heartbeat.run)
    await server.start_server(ssl=serving)
    world = StreamWorld(server, office, sessions, lane)
    world.trusting = trusting
    try:
        yield world
    finally:
        async with asyncio.timeout(_PATIENCE):
            await sessions.drain()
        await tasks.stop()
        await server.close()
        lane.close()
