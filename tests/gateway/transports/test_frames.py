"""That every byte arrives once, in order and in whole frames, whichever way it takes."""

import asyncio
import contextlib
import hashlib
import random
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from beamdesk.gateway.tickets import Target
from beamdesk.gateway.transports import frames
from beamdesk.gateway.transports.splice import SplicePipe
from beamdesk.gateway.upstreams.streams import READ_SIZE
from support.certificates import write_certificate
from support.stream_world import StreamWorld, Viewer, open_world
from support.synthetic_desktop import desktop_that, listening

TOTAL = 24 * 1024 * 1024


class Flood:
    """A desktop that sends `TOTAL` bytes in writes of all sizes, pausing now and then."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.sent = hashlib.sha256()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = TOTAL
        while left:
            size = self._random.choice([1, 125, 126, 65535, 65536, 4096, 100_000, READ_SIZE + 1])
            data = self._random.randbytes(min(size, left))
            left -= len(data)
            self.sent.update(data)
            writer.write(data)
            await writer.drain()
            if self._random.random() < 0.1:
                await asyncio.sleep(0.001)
        await reader.read()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and its client's TLS contexts."""
    paths = write_certificate(tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*paths)
    return serving, ssl.create_default_context(cafile=str(paths[0]))


@pytest.fixture(params=["plain", "without splice", "TLS"])
async def world(request, certificate, monkeypatch) -> AsyncIterator[StreamWorld]:
    serving, trusting = certificate if request.param == "TLS" else (None, None)
    if request.param == "without splice":
        monkeypatch.setattr(frames, "splicing_works", lambda: False)
    async with open_world(serving=serving, trusting=trusting) as opened:
        opened.splices = request.param == "plain"
        yield opened


@pytest.fixture
def spliced(monkeypatch) -> list[int]:
    """How much was moved within the kernel."""
    moved = []
    fill_from = SplicePipe.fill_from

    def counted(self, source):
        moved.append(fill_from(self, source))
        return moved[-1]

    monkeypatch.setattr(SplicePipe, "fill_from", counted)
    return moved


async def drain(viewer: Viewer, *, slowly: bool, pinging: bool) -> str:
    """Digest of what arrives."""
    received = hashlib.sha256()
    left = TOTAL
    turns = random.Random(7)
    while left:
        data = await viewer.read(min(left, turns.choice([1, 1000, 300_000])))
        received.update(data)
        left -= len(data)
        if slowly and turns.random() < 0.1:
            await asyncio.sleep(0.01)
        if pinging and turns.random() < 0.05:
            await viewer.websocket.ping(b"between")
    return received.hexdigest()


@pytest.mark.parametrize("unix", [True, False], ids=["unix", "tcp"])
@pytest.mark.parametrize("slowly", [True, False], ids=["slowly", "fast"])
async def test_all_bytes_arrive(world: StreamWorld, spliced, tmp_path: Path, unix: bool, slowly: bool):
    flood = Flood(1)
    path = tmp_path / "rfb" if unix else None
    async with listening(desktop_that(flood), unix=path) as target, world.entered(target) as viewer:
        received = await drain(viewer, slowly=slowly, pinging=True)
        assert received == flood.sent.hexdigest()
        assert any(spliced) == world.splices


async def test_viewers_get_their_own_bytes(world: StreamWorld, tmp_path: Path):
    floods = [Flood(seed) for seed in range(4)]

    async def watch(target: Target, flood: Flood, *, slowly: bool) -> bool:
        async with world.entered(target) as viewer:
            received = await drain(viewer, slowly=slowly, pinging=slowly)
            return received == flood.sent.hexdigest()

    async with asyncio.TaskGroup() as group, asyncio.timeout(100):
        watching = []
        stack = []
        for number, flood in enumerate(floods):
            desktop = listening(desktop_that(flood), unix=tmp_path / f"rfb-{number}")
            stack.append(desktop)
            target = await desktop.__aenter__()
            watching.append(group.create_task(watch(target, flood, slowly=bool(number % 2))))
        matching = [await task for task in watching]
        for desktop in stack:
            await desktop.__aexit__(None, None, None)
    assert matching == [True] * 4


async def test_a_viewer_that_breaks_off_leaves_nothing_to_the_next(world: StreamWorld, tmp_path: Path):
    staying = Flood(100)
    async with (
        listening(desktop_that(staying), unix=tmp_path / "staying") as second,
        world.entered(second) as viewer,
        asyncio.TaskGroup() as group,
    ):
        received = group.create_task(drain(viewer, slowly=False, pinging=False))
        for seed in range(6):
            async with (
                listening(desktop_that(Flood(seed)), unix=tmp_path / f"leaving-{seed}") as first,
                world.entered(first) as broken,
            ):
                await broken.read(1_000_000 + seed)
                broken.websocket._response.connection.transport.abort()
        assert await received == staying.sent.hexdigest()


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_what_is_written_while_something_waits_goes_behind_it():
    """Also if the system has room again by then, of which the transport has not heard yet."""
    expected: list[tuple[int, bytes]] = []
    received = bytearray()
    moments: list[str] = []
    browser = socket.socket()

    def read_some() -> None:
        with contextlib.suppress(BlockingIOError):
            received.extend(browser.recv(300_000))

    async def serve(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(compress=False)
        await websocket.prepare(request)
        path = frames.Path()
        outgoing = frames.Frames(
            request,
            path,
            on_full=lambda: moments.append("full"),
            on_room=lambda: moments.append("room"),
            on_heard=lambda: None,
        )

        def take(payload: bytes) -> None:
            expected.append((2, payload))
            outgoing.take(memoryview(payload))

        numbers = random.Random(5)
        while not outgoing.backlog:
            take(numbers.randbytes(50_000))
        for _ in range(20):
            read_some()
            take(numbers.randbytes(1000))
            expected.append((9, b""))
            outgoing.ping()
        while outgoing.backlog:
            read_some()
            await asyncio.sleep(0)
        outgoing.close()
        outgoing.take(memoryview(b"too late"))
        outgoing.ping()
        path.close()
        request.transport.close()
        return websocket

    app = web.Application()
    app.router.add_get("/", serve)
    async with TestServer(app) as server:
        browser.setblocking(False)
        await asyncio.get_running_loop().sock_connect(browser, ("127.0.0.1", server.port))
        browser.send(UPGRADE)
        while not moments or moments[-1] != "room" or len(expected) < 40:
            await asyncio.sleep(0.01)
        while data := await asyncio.get_running_loop().sock_recv(browser, 300_000):
            received += data
        browser.close()
    assert frames_in(received[received.index(b"\r\n\r\n") + 4 :]) == expected
    assert moments[0] == "full"


def frames_in(data: bytes) -> list[tuple[int, bytes]]:
    """Opcode and payload of each frame."""
    found = []
    while data:
        length, head = data[1], 2
        if length == 126:
            length, head = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, head = int.from_bytes(data[2:10], "big"), 10
        found.append((data[0] & 0x0F, bytes(data[head : head + length])))
        data = data[head + length :]
    return found
