"""The readiness check against peers that behave and peers that do not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from beamdesk.brokers.protocol import Endpoint
from beamdesk.gateway.reconciler.readiness import answers

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def saying(what: bytes) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(what)
        writer.close()

    return serve


@asynccontextmanager
async def desktop(path: Path, serve: Serve) -> AsyncIterator[Endpoint]:
    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield Endpoint("desktop", "rfb", unix_path=str(path))


@pytest.mark.parametrize("greeting", [b"RFB 003.008\n", b"RFB 003.889\n", b"RFB 005.000\nand more"])
async def test_a_greeting_is_an_answer(tmp_path: Path, greeting: bytes) -> None:
    async with desktop(tmp_path / "x", saying(greeting)) as endpoint:
        assert await answers(endpoint)


@pytest.mark.parametrize("said", [b"", b"RFB 003", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad\r\n"])
async def test_anything_else_is_none(tmp_path: Path, said: bytes) -> None:
    async with desktop(tmp_path / "x", saying(said)) as endpoint:
        assert not await answers(endpoint)


async def test_silence_is_no_answer_and_the_connection_is_given_up(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def hold_its_tongue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    async with desktop(tmp_path / "x", hold_its_tongue) as endpoint:
        assert not await answers(endpoint, timeout=0.05)
        await left.wait()


async def test_nobody_there_is_no_answer(tmp_path: Path) -> None:
    assert not await answers(Endpoint("desktop", "rfb", unix_path=str(tmp_path / "missing")))


async def test_tcp_is_asked_as_well() -> None:
    server = await asyncio.start_server(saying(b"RFB 003.008\n"), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await answers(Endpoint("desktop", "rfb", host="127.0.0.1", port=port))
        other = Endpoint("terminal", "ssh", host="127.0.0.1", port=port)
        assert await answers(other)
    assert not await answers(Endpoint("desktop", "rfb", host="127.0.0.1", port=port))
