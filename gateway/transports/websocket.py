"""The WebSocket of a lane: what a browser says is heard in the callback in which it arrives.

aiohttp shakes hands, frames, checks and closes. It would put each message into a queue and wake a task for
it, which costs more than a pointer's move is worth. What is relied on, beyond public interfaces:
`web.WebSocketResponse` sets up its reader in `_post_start`, and the reader gives what it has read to
`feed_data` of its queue, whose `_buffer` holds what waits.
"""

import asyncio
from contextvars import Context, copy_context
from typing import Any, Final, Protocol

from aiohttp import WSMessage, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
from aiohttp._websocket.writer import WebSocketWriter
from aiohttp.web_request import BaseRequest

__all__ = ["LaneWebSocket", "Listener"]

_AT_ONCE: Final = 32
"""Messages that are heard in a row: then it is others' turn, so who floods the gateway holds up nobody."""

_MOST_WAITING: Final = 64 * 1024
"""Bytes of messages; at twice as much the connection is read no further."""


class Listener(Protocol):
    """Who is told what a browser says."""

    @property
    def is_held_up(self) -> bool:
        """Whether nothing more may be said before `drain` has returned."""
        ...

    async def drain(self) -> None:
        """Wait until more may be said."""
        ...

    def hear(self, data: Any) -> None:
        """Take the next message: `str` or `bytes`, as the WebSocket's kind is. Must not raise."""
        ...


class LaneWebSocket(web.WebSocketResponse):
    """Speaks one sub-protocol in messages of one kind, uncompressed: streams are compressed already."""

    def __init__(self, subprotocol: str, kind: WSMsgType, largest_message: int) -> None:
        super().__init__(
            protocols=(subprotocol,), compress=False, max_msg_size=largest_message, autoclose=False
        )
        self._kind = kind
        self._queue: _Queue | None = None

    async def listen(self, listener: Listener) -> WSMessage:
        """Tell *listener* all messages of the kind, in order, until something else comes: that is returned.

        Mostly it is told before this task has another turn, in this task's context.
        """
        queue = self._queue
        if queue is None:
            raise RuntimeError("prepare it first")
        in_a_row = 0
        try:
            while (message := await self.receive()).type is self._kind:
                if listener.is_held_up:
                    await listener.drain()
                listener.hear(message.data)
                queue.open_to(listener)
                in_a_row += 1
                if in_a_row == _AT_ONCE:
                    in_a_row = 0
                    await asyncio.sleep(0)
            return message
        finally:
            queue.close()

    def _post_start(self, request: BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        self._ws_protocol = protocol
        self._writer = writer
        self._reader = self._queue = _Queue(request, self._kind)
        self._parser = WebSocketReader(self._reader, self._max_msg_size, compress=False, decode_text=True)
        request.protocol.set_parser(self._parser)
        request.protocol.keep_alive(False)


class _Queue(WebSocketDataQueue):
    """aiohttp's. While it is open, which it is only when empty, messages go past it."""

    def __init__(self, request: BaseRequest, kind: WSMsgType) -> None:
        super().__init__(request.protocol, _MOST_WAITING, loop=asyncio.get_running_loop())
        self._kind = kind
        self._at_once = 0
        self._listener: Listener | None = None
        self._context = Context()

    def open_to(self, listener: Listener) -> None:
        """Tell *listener* the next messages, in the present context, unless some wait."""
        if not self._buffer:
            self._listener = listener
            self._context = copy_context()
            self._at_once = _AT_ONCE

    def close(self) -> None:
        """Keep what comes."""
        self._listener = None

    def feed_data(self, data: Any, size: int) -> None:
        listener = self._listener
        if listener is not None and self._at_once and data.type is self._kind and not listener.is_held_up:
            self._at_once -= 1
            self._context.run(listener.hear, data.data)
            return
        # Closed before anything waits: taking it out lets aiohttp read on, before what it took is heard.
        self.close()
        super().feed_data(data, size)
