"""Ending a WebSocket so that the browser can say why."""

import asyncio
from typing import Final

from aiohttp import web

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.transports.frames import Frames

__all__ = ["close", "close_text", "close_with"]

_CLOSE_SECONDS: Final = 2.0
"""For the browser's own close frame. One that takes nothing any more is not waited for longer."""

_LONGEST_TEXT: Final = 123
"""Bytes of a close frame's reason (RFC 6455, section 5.5)."""


def close_text(reason: EndReason) -> bytes:
    """`<code>: <sentence>` as it goes into the close frame."""
    return f"{reason.code}: {reason.sentence}".encode()[:_LONGEST_TEXT]


async def close_with(websocket: web.WebSocketResponse, frames: Frames, reason: EndReason) -> None:
    """Close with the reason's own code and text."""
    await close(websocket, frames, code=reason.websocket_close, text=close_text(reason))


async def close(websocket: web.WebSocketResponse, frames: Frames, *, code: int, text: bytes) -> None:
    """Send the close frame and wait a little for the answer; afterwards the connection is gone."""
    frames.close()
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await websocket.close(code=code, message=text)
    except (TimeoutError, ConnectionError):
        pass  # no more than a courtesy
    finally:
        if frames.backlog:
            frames.abort()
