"""What a browser sends: kept while nobody is ready for it, then forwarded."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from aiohttp import WebSocketError, WSMsgType

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.transports.websocket import LaneWebSocket
from beamdesk.gateway.upstreams.streams import ByteStream

__all__ = ["Incoming"]

_MOST_KEPT: Final = 64 * 1024
"""Bytes of a browser that talks before it is its turn; a whole handshake is 14."""


class Incoming:
    """The reading side of one WebSocket with binary messages.

    It is read from the beginning to the end, whatever else is waited for: so a browser that leaves while
    its desktop is still silent is noticed at once. *on_end* is called when nothing more can come,
    *on_failure* with what was raised on the way of a message.
    """

    def __init__(
        self,
        websocket: LaneWebSocket,
        *,
        on_end: Callable[[EndReason], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._websocket = websocket
        self._on_end = on_end
        self._on_failure = on_failure
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._arrived = asyncio.Event()
        self._forward: Callable[[bytes], None] | None = None
        self._stream: ByteStream | None = None
        self._over = False

    async def run(self) -> None:
        """Read until the end."""
        message = await self._websocket.listen(self)
        broken = message.type is WSMsgType.TEXT or isinstance(message.data, WebSocketError)
        self._on_end(EndReason.VIEWER_FAULT if broken else EndReason.LEFT)

    async def next(self) -> bytes:
        """The next message; not to be used after `forward_to`."""
        while not self._kept:
            self._arrived.clear()
            await self._arrived.wait()
        data = self._kept.popleft()
        self._kept_bytes -= len(data)
        return data

    def forward_to(self, forward: Callable[[bytes], None], stream: ByteStream) -> None:
        """Have *forward* called with every message, in order, as long as it does not hold up *stream*."""
        self._stream = stream
        self._forward = forward
        while self._kept and not self._over:
            self.hear(self._kept.popleft())

    @property
    def is_held_up(self) -> bool:
        """See `Listener`."""
        return self._stream is not None and self._stream.is_held_up

    async def drain(self) -> None:
        """See `Listener`."""
        if self._stream is not None:
            await self._stream.drain()

    def hear(self, data: bytes) -> None:
        """See `Listener`."""
        if self._over:
            return
        if self._forward is None:
            self._keep(data)
            return
        try:
            self._forward(data)
        except Exception as error:  # noqa: BLE001  (it is told, and one viewer's failure ends that viewer only)
            self._over = True
            self._on_failure(error)

    def _keep(self, data: bytes) -> None:
        self._kept.append(data)
        self._kept_bytes += len(data)
        self._arrived.set()
        if self._kept_bytes > _MOST_KEPT:
            self._over = True
            self._on_end(EndReason.VIEWER_FAULT)
