"""The WebSocket of events. It is no operation of the API: its messages are described as models only."""

import asyncio

from aiohttp import WSMsgType, web

from beamdesk.gateway.http.contract import API_PREFIX
from beamdesk.gateway.http.principal import principal_of
from beamdesk.gateway.portal.events.service import EventTabs
from beamdesk.gateway.portal.events.tab import Tab, TabEnd

__all__ = ["EVENTS", "EVENTS_PATH", "add_events_route"]

EVENTS = web.AppKey("EVENTS", EventTabs)
EVENTS_PATH = f"{API_PREFIX}/events"

CLOSE_SECONDS = 2.0
"""How long a browser may take to answer a close; one that does not read never will."""

LARGEST_INCOMING = 1024
"""Nothing is expected from the browser; what comes is at least kept small."""


def add_events_route(app: web.Application, *, heartbeat_seconds: float, slow_seconds: float) -> None:
    """Serve the events of `app[EVENTS]`.

    A browser that does not answer a ping in half of *heartbeat_seconds* is gone; one that takes nothing
    for *slow_seconds* is ended.
    """

    async def events(request: web.Request) -> web.WebSocketResponse:
        principal = principal_of(request)
        tabs = request.app[EVENTS]
        with tabs.open(principal) as tab:
            socket = web.WebSocketResponse(
                heartbeat=heartbeat_seconds, timeout=CLOSE_SECONDS, max_msg_size=LARGEST_INCOMING
            )
            await socket.prepare(request)
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(_listen(socket, tab))
                try:
                    end = await _tell(socket, tabs, tab, slow_seconds)
                finally:
                    listening.cancel()
            await socket.close(code=end.value.code, message=end.value.sentence.encode(), drain=False)
        return socket

    app.router.add_get(EVENTS_PATH, events)


async def _tell(socket: web.WebSocketResponse, tabs: EventTabs, tab: Tab, slow_seconds: float) -> TabEnd:
    while True:
        messages = await tabs.next(tab)
        if isinstance(messages, TabEnd):
            return messages
        for message in messages:
            try:
                async with asyncio.timeout(slow_seconds):
                    await socket.send_str(message.model_dump_json())
            except TimeoutError:
                return TabEnd.TOO_SLOW
            except ConnectionError:
                return TabEnd.LEFT


async def _listen(socket: web.WebSocketResponse, tab: Tab) -> None:
    """Notice that the browser leaves, and end one that talks."""
    message = await socket.receive()
    left = message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}
    tab.end(TabEnd.LEFT if left else TabEnd.NOT_UNDERSTOOD)
