"""The Guacamole lane on a real socket in front of a real guacd, and viewers that speak as browsers do."""

import asyncio
import base64
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Self

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.clock import Clock, SystemClock
from beamdesk.gateway.config.settings import GuacamoleSettings
from beamdesk.gateway.http.problems import answer_problems
from beamdesk.gateway.http.requests import name_request
from beamdesk.gateway.roles import Role
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import Stream, Target, Ticket, TicketRefused
from beamdesk.gateway.transports.frames import Path
from beamdesk.gateway.transports.guacamole import GuacamoleLane
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.keepers import Keepers
from support.guacd import Guacd
from support.guacd_world import ticket_for

__all__ = ["GuacamoleWorld", "StalledViewer", "Viewer", "after_this", "open_world", "stalled"]

PATIENCE = 20


class Office:
    """A `TicketOffice` in memory; its tickets work once."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}
        self._numbers = count(1)

    def issue(self, ticket: Ticket) -> str:
        secret = f"secret-{next(self._numbers)}"
        self._tickets[secret] = ticket
        return secret

    async def redeem(self, secret: str, stream: Stream, origin: str | None) -> Ticket:
        ticket = self._tickets.pop(secret, None)
        if ticket is None or ticket.stream is not stream:
            raise TicketRefused("unknown")
        return ticket


class Viewer:
    """A browser with guacamole-common-js: acknowledges every `sync`, unless told not to."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self.websocket = websocket
        self.received: list[Instruction] = []
        self.frame_sizes: list[int] = []
        self.acknowledges = True
        self.close: tuple[int | None, str | None] | None = None
        self._changed = asyncio.Condition()

    @property
    def tunnel(self) -> str:
        first = self.received[0]
        assert first.opcode == ""
        return str(uuid.UUID(first.arguments[0]))

    def all(self, opcode: str) -> list[Instruction]:
        return [instruction for instruction in self.received if instruction.opcode == opcode]

    async def send(self, *instructions: Instruction) -> None:
        if instructions:
            await self.websocket.send_str(b"".join(map(Instruction.encode, instructions)).decode())

    async def say(self, opcode: str, *arguments: str | int) -> None:
        await self.send(Instruction.of(opcode, *arguments))

    async def run(self) -> None:
        """Take what comes until the end, which is then in `close`."""
        while True:
            message = await self.websocket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                extra = message.extra if message.type is aiohttp.WSMsgType.CLOSE else None
                self.close = self.websocket.close_code, extra
                break
            await self._take(message.data)
        async with self._changed:
            self._changed.notify_all()

    async def until(self, holds, seconds: float = PATIENCE) -> None:
        """Wait until *holds* of the viewer."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: holds(self) or self.close)
        assert holds(self), (self.close, self.received[-5:])

    async def until_picture(self) -> Self:
        await self.until(lambda viewer: viewer.all("sync"))
        return self

    async def until_closed(self, seconds: float = PATIENCE) -> tuple[int | None, str | None]:
        await self.until(lambda viewer: viewer.close, seconds)
        assert self.close is not None
        return self.close

    async def paste(self, text: str, stream: int = 1) -> None:
        encoded = base64.b64encode(text.encode()).decode()
        await self.send(
            Instruction.of("clipboard", stream, "text/plain"),
            Instruction.of("blob", stream, encoded),
            Instruction.of("end", stream),
        )

    async def _take(self, text: str) -> None:
        decoder = InstructionDecoder()
        decoder.receive(text)
        instructions = list(decoder)
        assert not decoder.take_rest(), "a frame of instructions that are not whole"
        self.frame_sizes.append(len(text))
        if self.acknowledges:
            await self.send(*(i for i in instructions if i.opcode == "sync"))
        async with self._changed:
            self.received += instructions
            self._changed.notify_all()


class GuacamoleWorld:
    """A running lane."""

    def __init__(
        self, server: TestServer, office: Office, sessions: SessionRegistry, keepers: Keepers
    ) -> None:
        self.server = server
        self.office = office
        self.sessions = sessions
        self.keepers = keepers

    def url(self, ticket: str, query: str = "") -> str:
        return f"http://127.0.0.1:{self.server.port}/stream/guacamole?ticket={ticket}{query}"

    @asynccontextmanager
    async def connected(
        self, target: Target, query: str = "", *, receive_buffer: int | None = None, **ticket: object
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket that nobody reads."""
        url = self.url(self.office.issue(ticket_for(target, **ticket)), query)
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(url, protocols=["guacamole"], max_msg_size=0) as websocket,
        ):
            yield websocket

    @asynccontextmanager
    async def viewer(self, target: Target, query: str = "", **ticket: object) -> AsyncIterator[Viewer]:
        """A viewer that looks on until the context ends."""
        async with self.connected(target, query, **ticket) as websocket, asyncio.TaskGroup() as group:
            viewer = Viewer(websocket)
            running = group.create_task(viewer.run())
            try:
                yield viewer
            finally:
                running.cancel()


@asynccontextmanager
async def open_world(
    guacd: Guacd | GuacdAddress | Callable[[], GuacdAddress],
    *,
    detached_seconds: float = 60,
    heartbeat_seconds: float = 10,
    slow_viewer_seconds: float = 20,
    clock: Clock | None = None,
) -> AsyncIterator[GuacamoleWorld]:
    """Serve a lane with its keepers, and end it as the server does."""
    clock = clock or SystemClock()
    if isinstance(guacd, Guacd):
        guacd = GuacdAddress(guacd.host, guacd.port)
    find = (lambda: guacd) if isinstance(guacd, GuacdAddress) else guacd
    office, sessions, path = Office(), SessionRegistry(clock), Path()
    keepers = Keepers(find, clock, buffer=path.buffer, detached_seconds=detached_seconds)
    lane = GuacamoleLane(
        office=office,
        sessions=sessions,
        keepers=keepers,
        path=path,
        clock=clock,
        heartbeat_seconds=heartbeat_seconds,
        slow_viewer_seconds=slow_viewer_seconds,
        images=GuacamoleSettings().images,
    )
    app = web.Application(middlewares=[name_request, answer_problems])
    lane.add_routes(app)
    server = TestServer(app, host="127.0.0.1")
    tasks = BackgroundTasks()
    tasks.start("keepers", keepers.run)
    tasks.start("heartbeat", lane.heartbeat.run)
    await server.start_server()
    try:
        yield GuacamoleWorld(server, office, sessions, keepers)
    finally:
        async with asyncio.timeout(PATIENCE):
            await sessions.drain()
        await tasks.stop()
        await server.close()
        path.close()


async def after_this(viewer: Viewer, number: int = 1) -> None:
    """Wait until all that the viewer said before has been judged."""
    ping = Instruction.of("", "ping", number)
    await viewer.send(ping)
    await viewer.until(lambda v: ping in v.received)


class StalledViewer:
    """A browser that has opened its WebSocket and then takes what it is told to take, at first nothing."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self.taken = bytearray()

    async def take(self, size: int) -> int:
        """Take up to *size* bytes off the wire; 0 at the end."""
        data = await self._loop.sock_recv(self._connection, size)
        self.taken += data
        return len(data)


@asynccontextmanager
async def stalled(
    world: GuacamoleWorld, target: Target, *, role: Role = Role.GUEST
) -> AsyncIterator[StalledViewer]:
    """With a window as small as the system allows, so that little is on its way."""
    secret = world.office.issue(ticket_for(target, role=role))
    request = (
        f"GET /stream/guacamole?ticket={secret} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: guacamole\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", world.server.port))
        await loop.sock_sendall(connection, request.encode())
        yield StalledViewer(connection)
