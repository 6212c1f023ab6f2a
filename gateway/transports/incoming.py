"""What a browser sends: kept while nobody is ready for it, then forwarded."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import WebSocketError, WSMsgType, web

from beamdesk.gateway.reasons import EndReason

__all__ = ["Incoming"]

_MOST_KEPT: Final = 64 * 1024
"""Bytes of a browser that talks before it is its turn; a whole handshake is 14."""


class Incoming:
    """The reading side of one WebSocket with binary messages.

    It is read from the beginning to the end, whatever else is waited for: so a browser that leaves while
    its desktop is still silent is noticed at once. *on_end* is called once, when nothing more can come.
    """

    def __init__(self, websocket: web.WebSocketResponse, on_end: Callable[[EndReason], None]) -> None:
        self._websocket = websocket
        self._on_end = on_end
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._arrived = asyncio.Event()
        self._forward: Callable[[bytes], Awaitable[None]] | None = None

    async def run(self) -> None:
        """Read until the end."""
        while True:
            message = await self._websocket.receive()
            if message.type is not WSMsgType.BINARY:
                broken = message.type is WSMsgType.TEXT or isinstance(message.data, WebSocketError)
                self._on_end(EndReason.VIEWER_FAULT if broken else EndReason.LEFT)
                return
            if self._forward is not None:
                await self._forward(message.data)
                continue
            self._keep(message.data)
            if self._kept_bytes > _MOST_KEPT:
                self._on_end(EndReason.VIEWER_FAULT)
                return

    async def next(self) -> bytes:
        """The next message; not to be used after `forward_to`."""
        while not self._kept:
            self._arrived.clear()
            await self._arrived.wait()
        data = self._kept.popleft()
        self._kept_bytes -= len(data)
        return data

    async def forward_to(self, forward: Callable[[bytes], Awaitable[None]]) -> None:
        """Have *forward* called with every message, in order; the next is read when it has returned."""
        while self._kept:
            await forward(await self.next())
        self._forward = forward

    def _keep(self, data: bytes) -> None:
        self._kept.append(data)
        self._kept_bytes += len(data)
        self._arrived.set()
