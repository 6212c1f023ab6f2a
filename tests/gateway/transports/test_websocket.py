"""That a browser is heard at once, in order, and never at the cost of others."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

import aiohttp
import pytest
from aiohttp import WSMessage, WSMsgType, web
from aiohttp.test_utils import TestServer

from beamdesk.gateway.transports.websocket import LaneWebSocket

LARGEST = 64 * 1024
PATIENCE = 20.0

who: ContextVar[str] = ContextVar("who", default="nobody")


class Ear:
    """Remembers what it hears; holds up the browser whenever it is told to."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.at_once = 0
        """How many without a task."""
        self.contexts: set[str] = set()
        self.on_hear: Callable[[], None] = lambda: None
        self._free = asyncio.Event()
        self._free.set()

    def hold_up(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    @property
    def is_held_up(self) -> bool:
        return not self._free.is_set()

    async def drain(self) -> None:
        await self._free.wait()

    def hear(self, data: str) -> None:
        assert not self.is_held_up
        self.heard.append(data)
        self.at_once += asyncio.current_task() is None
        self.contexts.add(who.get())
        self.on_hear()


class Side:
    """The server's side of one WebSocket."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.ended: asyncio.Future[WSMessage] = asyncio.get_running_loop().create_future()
        self.request: web.Request | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.request = request
        websocket = LaneWebSocket("words", WSMsgType.TEXT, LARGEST)
        await websocket.prepare(request)
        who.set("the listener")
        self.ended.set_result(await websocket.listen(self.ear))
        await websocket.close()
        return websocket

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(PATIENCE):
            while len(self.ear.heard) < count:
                await asyncio.sleep(0.005)
        return self.ear.heard

    async def until_ended(self) -> WSMessage:
        async with asyncio.timeout(PATIENCE):
            return await self.ended

    @property
    def is_read(self) -> bool:
        assert self.request is not None
        assert self.request.transport is not None
        return self.request.transport.is_reading()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Side, TestServer]]:
    side = Side()
    app = web.Application()
    app.router.add_get("/", side.serve)
    async with TestServer(app) as server:
        yield side, server


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Side, aiohttp.ClientWebSocketResponse]]:
    async with (
        listening() as (side, server),
        aiohttp.ClientSession() as session,
        session.ws_connect(server.make_url("/"), protocols=("words",)) as browser,
    ):
        yield side, browser


def frame(payload: str | bytes, *, opcode: int = 0x81) -> bytes:
    """With a key that masks nothing."""
    payload = payload.encode() if isinstance(payload, str) else payload
    length = len(payload)
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65536:
        size = b"\xfe" + length.to_bytes(2, "big")
    else:
        size = b"\xff" + length.to_bytes(8, "big")
    return bytes([opcode]) + size + bytes(4) + payload


async def test_what_is_said_now_and_then_is_heard_without_a_task():
    async with connected() as (side, browser):
        for number in range(100):
            await browser.send_str(str(number))
            await side.until(number + 1)
        assert side.ear.heard == [str(number) for number in range(100)]
        # The first opens the way; after so many in a row a task has a look.
        assert side.ear.at_once >= 95
        assert side.ear.contexts == {"the listener"}


async def test_order_is_kept_whoever_is_held_up_when():
    """Also where aiohttp stops reading, and goes on while a message is being taken out."""
    numbers = random.Random(11)
    said = [f"{number}:" + "x" * numbers.choice([0, 1, 100, 60_000]) for number in range(3000)]
    async with connected() as (side, browser):
        loop = asyncio.get_running_loop()

        def maybe_hold_up() -> None:
            if numbers.random() < 0.05:
                side.ear.hold_up()
                loop.call_later(numbers.choice([0, 0, 0.001, 0.01]), side.ear.release)

        side.ear.on_hear = maybe_hold_up
        for text in said:
            await browser.send_str(text)
            if numbers.random() < 0.01:
                await browser.ping()
            if numbers.random() < 0.02:
                await asyncio.sleep(0.003)
        assert await side.until(len(said)) == said
        assert 0 < side.ear.at_once < len(said)


async def test_a_flood_leaves_others_their_turn():
    """Thousands of messages in one piece of TCP are heard some at a time."""
    count = 20_000
    async with connected() as (side, browser):
        await browser.send_str("hello")
        await side.until(1)
        turns = 0
        heard_in: list[int] = []

        def turn() -> None:
            nonlocal turns
            turns += 1
            if not side.ended.done():
                asyncio.get_running_loop().call_soon(turn)

        side.ear.on_hear = lambda: heard_in.append(turns)
        turn()
        browser._writer.transport.write(frame("m") * count)
        await side.until(count + 1)
        most = max(map(heard_in.count, set(heard_in)))
        assert most <= 64
        await browser.close()


async def test_who_is_held_up_is_read_no_further():
    async with connected() as (side, browser):
        await browser.send_str("hello")
        await side.until(1)
        side.ear.hold_up()
        said = [str(number) + "x" * 1000 for number in range(1000)]
        browser._writer.transport.write(b"".join(map(frame, said)))
        async with asyncio.timeout(PATIENCE):
            while side.is_read:
                await asyncio.sleep(0.005)
        assert side.ear.heard == ["hello"]
        side.ear.release()
        assert await side.until(1001) == ["hello", *said]
        assert side.is_read


async def test_what_comes_with_the_request_is_heard():
    """RFC 6455 wants a browser to wait for the answer; one that does not is heard all the same."""
    async with listening() as (side, server):
        with socket.create_connection((server.host, server.port)) as browser:
            early = frame("early") + frame("cut")
            browser.sendall(
                b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Protocol: words\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + early[:-2]
            )
            await side.until(1)
            browser.sendall(early[-2:] + frame("late"))
            assert await side.until(3) == ["early", "cut", "late"]


async def test_the_other_kind_of_message_ends_the_listening():
    async with connected() as (side, browser):
        await browser.send_str("one")
        await browser.send_bytes(b"two")
        await browser.send_str("three")
        ended = await side.until_ended()
        assert (ended.type, ended.data) == (WSMsgType.BINARY, b"two")
        assert side.ear.heard == ["one"]


async def test_a_ping_is_answered_and_a_close_is_told():
    async with connected() as (side, browser):
        await browser.send_str("one")
        await side.until(1)
        await browser.ping(b"are you there?")
        await browser.send_str("two")
        assert await side.until(2) == ["one", "two"]
        await browser.close(code=1001)
        ended = await side.until_ended()
        assert (ended.type, ended.data) == (WSMsgType.CLOSE, 1001)


@pytest.mark.parametrize(
    "wrong",
    [frame("x" * LARGEST), frame(b"\xff"), frame("y", opcode=0x83), frame("y", opcode=0x80)],
    ids=["too long", "not UTF-8", "unknown opcode", "goes on with nothing"],
)
async def test_what_no_browser_sends_is_an_error(wrong: bytes):
    async with connected() as (side, browser):
        browser._writer.transport.write(frame("one") + frame("x" * (LARGEST - 1)) + wrong + frame("late"))
        assert (await side.until_ended()).type is WSMsgType.ERROR
        assert side.ear.heard == ["one", "x" * (LARGEST - 1)]
