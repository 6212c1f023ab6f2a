"""Connections to desktops: what is sent, what is queued, and what is let go."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.dial import dial
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.socket_stream import SocketStream
from beamdesk.gateway.upstreams.streams import ByteStream, ReadBuffer
from beamdesk.gateway.upstreams.tls_stream import start_tls
from support.certificates import write_certificate

BIG = bytes(range(256)) * 80_000


class Far:
    """The desktop's end, which reads and writes when the test says so."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer


class Recorder:
    """A sink that keeps all, and can be made to fail."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.ends: list[Exception | None] = []
        self.failing: Exception | None = None
        self.changed = asyncio.Event()

    def take_from(self, source: socket.socket) -> int:
        data = source.recv(65536)
        self.take(memoryview(data))
        return len(data)

    def take(self, payload: memoryview) -> None:
        if self.failing is not None:
            raise self.failing
        self.received += payload
        self.changed.set()

    def source_ended(self, error: Exception | None) -> None:
        self.ends.append(error)
        self.changed.set()

    async def until(self, holds) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture(params=["plain", "TLS"])
async def ends(request, tmp_path: Path) -> AsyncIterator[tuple[ByteStream, Far]]:
    """A stream of the gateway's, and its other end."""
    async with connected(tmp_path, tls=request.param == "TLS") as both:
        yield both


@asynccontextmanager
async def connected(folder: Path, *, tls: bool) -> AsyncIterator[tuple[ByteStream, Far]]:
    certificate, key = write_certificate(folder)
    serving = None
    if tls:
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(certificate, key)
    accepted: asyncio.Future[Far] = asyncio.get_running_loop().create_future()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result(Far(reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=serving, limit=1024)
    port = server.sockets[0].getsockname()[1]
    near = await dial(Target(host="127.0.0.1", port=port), seconds=5)
    stream: ByteStream
    if tls:
        trusting = ssl.create_default_context(cafile=str(certificate))
        stream = await start_tls(near, trusting, server_hostname="127.0.0.1", seconds=5, buffer=ReadBuffer())
    else:
        stream = SocketStream(near)
    far = await accepted
    try:
        yield stream, far
    finally:
        await stream.close()
        await stream.close()
        # CPython before 3.11.4 raises on aborting a TLS transport that has ended already.
        with contextlib.suppress(AttributeError):
            far.writer.transport.abort()
        server.close()
        await server.wait_closed()


async def test_bytes_pass_both_ways(ends):
    stream, far = ends
    stream.send(b"up")
    assert await far.reader.readexactly(2) == b"up"
    far.writer.write(b"down")
    assert await stream.receive() == b"down"


async def test_what_the_desktop_does_not_take_is_queued_in_order_and_held_up(ends):
    stream, far = ends
    far.writer.transport.pause_reading()
    sent = 0

    async def send_all() -> None:
        nonlocal sent
        while sent < len(BIG):
            stream.send(BIG[sent : sent + 100_000])
            sent += 100_000
            await stream.drain()

    async with asyncio.TaskGroup() as group, asyncio.timeout(30):
        sending = group.create_task(send_all())
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)
        assert sent
        assert not sending.done()
        far.writer.transport.resume_reading()
        assert await far.reader.readexactly(len(BIG)) == BIG


async def test_a_drain_ends_when_the_connection_breaks(ends):
    stream, far = ends
    sink = Recorder()
    stream.relay_to(sink)
    stream.send(BIG)
    async with asyncio.TaskGroup() as group:
        group.create_task(stream.drain())
        await asyncio.sleep(0.01)
        far.writer.transport.abort()
    await sink.until(lambda: sink.ends)
    stream.send(b"ignored")
    await stream.drain()


async def test_bytes_go_to_the_sink_until_the_end_which_is_told_once(ends):
    stream, far = ends
    far.writer.write(b"early")
    assert await stream.receive() == b"early"
    far.writer.write(b"first ")
    sink = Recorder()
    stream.relay_to(sink)
    far.writer.write(b"second")
    await sink.until(lambda: sink.received == b"first second")
    far.writer.close()
    await sink.until(lambda: sink.ends)
    assert sink.ends == [None]


async def test_a_paused_stream_delivers_nothing(ends):
    stream, far = ends
    sink = Recorder()
    stream.relay_to(sink)
    stream.pause()
    stream.pause()
    far.writer.write(b"held back")
    await asyncio.sleep(0.05)
    assert not sink.received
    stream.resume()
    stream.resume()
    await sink.until(lambda: sink.received == b"held back")


async def test_a_sink_that_fails_ends_its_stream_only_once(ends):
    stream, far = ends
    sink = Recorder()
    sink.failing = ZeroDivisionError()
    stream.relay_to(sink)
    far.writer.write(b"x")
    await sink.until(lambda: sink.ends)
    far.writer.write(b"y")
    await asyncio.sleep(0.05)
    assert sink.ends == [sink.failing]


async def test_last_words_arrive_though_the_desktop_still_talks(ends):
    stream, far = ends
    stream.relay_to(Recorder())
    far.writer.write(BIG[:200_000])

    async def listen() -> bytes:
        said = await far.reader.read(100)
        far.writer.close()
        return said

    async with asyncio.TaskGroup() as group, asyncio.timeout(10):
        said = group.create_task(listen())
        await stream.finish(b"last words")
        assert await said == b"last words"


async def test_a_closed_stream_is_quiet(ends):
    stream, far = ends
    sink = Recorder()
    stream.relay_to(sink)
    await stream.close()
    stream.send(b"nothing")
    stream.resume()
    stream.pause()
    await stream.drain()
    assert await far.reader.read() == b""
    assert not sink.ends


async def test_receive_tells_the_end(ends):
    stream, far = ends
    far.writer.close()
    async with asyncio.timeout(10):
        assert await stream.receive() == b""


async def test_a_cancelled_receive_loses_nothing(ends):
    stream, far = ends
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await stream.receive()
    far.writer.write(b"kept")
    async with asyncio.timeout(10):
        assert await stream.receive() == b"kept"


@pytest.mark.parametrize(
    "target",
    [Target(unix_path="/nonexistent"), Target(host="127.0.0.1", port=1), Target(), Target(host="only.host")],
)
async def test_what_cannot_be_dialled_is_unreachable(target: Target):
    with pytest.raises(UpstreamFailed) as failed:
        await dial(target, seconds=5)
    assert failed.value.reason is EndReason.DESKTOP_UNREACHABLE


async def test_a_desktop_that_accepts_nobody_is_waited_for_as_long_as_allowed(tmp_path: Path):
    path = tmp_path / "full"
    target = Target(unix_path=str(path))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(0)
        with await dial(target, seconds=5):
            with pytest.raises(UpstreamFailed) as failed:
                await dial(target, seconds=0.1)
            assert failed.value.reason is EndReason.DESKTOP_UNREACHABLE
            async with asyncio.TaskGroup() as group:
                dialling = group.create_task(dial(target, seconds=10))
                await asyncio.sleep(0.05)
                assert not dialling.done()
                listening.accept()[0].close()
                (await dialling).close()


async def test_a_cancelled_dial_leaves_no_descriptor(tmp_path: Path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await dial(Target(host="127.0.0.1", port=1), seconds=5)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
