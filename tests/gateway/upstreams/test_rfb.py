"""Signing in to real desktops, by every way that they offer, and to what only pretends to be one."""

import asyncio
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beamdesk.codecs.rfb import messages
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.rfb import sign_in_to
from beamdesk.gateway.upstreams.socket_stream import SocketStream
from beamdesk.gateway.upstreams.streams import ReadBuffer
from beamdesk.gateway.upstreams.tls_stream import TlsStream
from support.certificates import write_certificate
from support.synthetic_desktop import listening
from support.xtigervnc import Xtigervnc

pytestmark = pytest.mark.desktop

PASSWORD = "geheim"
VIEW_ONLY = "nurseher"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_certificate(tmp_path_factory.mktemp("shared-certificate"))


@pytest.fixture(scope="module")
def start(
    tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]
) -> Iterator[Callable[[str], Xtigervnc]]:
    """Desktops by their security types, each started once."""
    started: dict[str, Xtigervnc] = {}

    def desktop(types: str) -> Xtigervnc:
        if types not in started:
            folder = tmp_path_factory.mktemp("shared-secured")
            said = subprocess.run(
                ["vncpasswd", "-f"],
                input=f"{PASSWORD}\n{VIEW_ONLY}\n".encode(),
                check=True,
                capture_output=True,
            )
            (folder / "password").write_bytes(said.stdout)
            options = ["-SecurityTypes", types, "-rfbauth", str(folder / "password"), "-UseBlacklist=0"]
            options += ["-X509Cert", str(certificate[0]), "-X509Key", str(certificate[1])]
            started[types] = Xtigervnc(folder, *options, port=free_port()).__enter__()
        return started[types]

    yield desktop
    for one in started.values():
        one.__exit__(None, None, None)


@pytest.fixture
def buffer() -> ReadBuffer:
    return ReadBuffer()


def target_of(desktop: Xtigervnc, ca: Path | None, **credentials: str) -> Target:
    return Target(
        host="127.0.0.1", port=desktop.port, tls_ca_file=None if ca is None else str(ca), **credentials
    )


@pytest.mark.parametrize(
    ("types", "stream"),
    [
        ("None", SocketStream),
        ("VncAuth", SocketStream),
        ("TLSNone", TlsStream),
        ("TLSVnc", TlsStream),
        ("X509None", TlsStream),
        ("X509Vnc", TlsStream),
    ],
)
async def test_signs_in(start, certificate, buffer, types: str, stream: type):
    desktop = await asyncio.to_thread(start, types)
    target = target_of(desktop, certificate[0], password=PASSWORD)
    async with sign_in_to(target, view_only=False, buffer=buffer) as upstream:
        assert type(upstream.stream) is stream
        entered = await upstream.enter()
        assert (entered.server_init.width, entered.server_init.height) == (320, 240)
        upstream.stream.send(messages.set_encodings([0]))
        upstream.stream.send(messages.framebuffer_update_request(0, 0, 320, 240, incremental=False))
        await upstream.stream.drain()
        sink = Sink()
        upstream.stream.relay_to(sink)
        async with asyncio.timeout(10):
            await sink.has(4 + 12 + 320 * 240 * 4)
        assert bytes(sink.received[:3]) == bytes(3)  # a FramebufferUpdate of fewer than 256 rectangles
        last_words = messages.pointer_event(33, 44, 0)
        async with asyncio.timeout(10):
            await upstream.stream.finish(last_words)
    assert (await asyncio.to_thread(desktop.pointer))[:2] == (33, 44)


@pytest.mark.parametrize("types", ["VncAuth", "TLSVnc", "X509Vnc"])
@pytest.mark.parametrize("password", [None, "wrong"])
async def test_is_refused_with_a_wrong_password_or_none(start, certificate, buffer, types, password):
    desktop = await asyncio.to_thread(start, types)
    target = target_of(desktop, certificate[0], **({"password": password} if password else {}))
    with pytest.raises(UpstreamFailed) as failed:
        async with sign_in_to(target, view_only=False, buffer=buffer):
            pytest.fail("signed in")
    assert failed.value.reason is EndReason.DESKTOP_REFUSED


@pytest.mark.parametrize("types", ["X509None"])
async def test_a_certificate_of_somebody_else_is_not_trusted(start, tmp_path, buffer, types):
    other, _ = write_certificate(tmp_path)
    desktop = await asyncio.to_thread(start, types)
    for ca in (other, None):
        with pytest.raises(UpstreamFailed) as failed:
            async with sign_in_to(target_of(desktop, ca), view_only=False, buffer=buffer):
                pytest.fail("signed in")
        assert failed.value.reason is EndReason.DESKTOP_REFUSED
        assert "certificate" in failed.value.detail


async def test_a_desktop_makes_its_view_only_password_hold(start, buffer):
    desktop = await asyncio.to_thread(start, "VncAuth")
    before = await asyncio.to_thread(desktop.pointer)
    target = target_of(desktop, None, password=PASSWORD, view_only_password=VIEW_ONLY)
    async with sign_in_to(target, view_only=True, buffer=buffer) as upstream:
        await upstream.enter()
        async with asyncio.timeout(10):
            await upstream.stream.finish(messages.pointer_event(71, 72, 0))
    assert await asyncio.to_thread(desktop.pointer) == before
    async with sign_in_to(target, view_only=False, buffer=buffer) as upstream:
        await upstream.enter()
        async with asyncio.timeout(10):
            await upstream.stream.finish(messages.pointer_event(71, 72, 0))
    assert (await asyncio.to_thread(desktop.pointer))[:2] == (71, 72)


async def test_a_desktop_that_only_says_that_it_speaks_tls(buffer):
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for words, answer in (
            (b"RFB 003.008\n", 12),
            (b"\x01\x13", 1),
            (b"\x00\x02", 2),
            (b"\x00\x01\x00\x00\x01\x01", 4),
            (b"\x01", 100),
        ):
            writer.write(words)
            await reader.readexactly(answer)
        writer.write(b"and this is no TLS at all, nor will it become any")
        await reader.read()

    async with listening(converse) as target:
        with pytest.raises(UpstreamFailed) as failed:
            async with sign_in_to(target, view_only=False, buffer=buffer):
                pytest.fail("signed in")
    assert failed.value.reason is EndReason.DESKTOP_UNREACHABLE


async def test_a_secret_is_in_no_message(start, buffer):
    desktop = await asyncio.to_thread(start, "VncAuth")
    target = target_of(desktop, None, password="wrong-secret")
    with pytest.raises(UpstreamFailed) as failed:
        async with sign_in_to(target, view_only=False, buffer=buffer):
            pytest.fail("signed in")
    assert "secret" not in f"{target!r} {failed.value!r} {failed.value.detail}"


class Sink:
    """Keeps everything."""

    def __init__(self) -> None:
        self.received = bytearray()
        self._arrived = asyncio.Event()
        self.ends: list[Exception | None] = []

    def take_from(self, source: socket.socket) -> int:
        data = source.recv(100_000)
        self.take(memoryview(data))
        return len(data)

    def take(self, payload: memoryview) -> None:
        self.received += payload
        self._arrived.set()

    def source_ended(self, error: Exception | None) -> None:
        self.ends.append(error)
        self._arrived.set()

    async def has(self, count: int) -> None:
        while len(self.received) < count:
            self._arrived.clear()
            await self._arrived.wait()
