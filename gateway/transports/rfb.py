"""The RFB lane: one connection to the desktop per viewer, relayed to a browser over WebSocket."""

from typing import Final

import structlog
from aiohttp import WSMsgType, web

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tickets import Stream, TicketOffice
from beamdesk.gateway.transports.admitting import check_upgrade, redeem, upgraded
from beamdesk.gateway.transports.frames import Path
from beamdesk.gateway.transports.heartbeat import Heartbeat
from beamdesk.gateway.transports.liveness import Patience
from beamdesk.gateway.transports.rfb_relay import RfbRelay
from beamdesk.gateway.transports.websocket import LaneWebSocket

__all__ = ["RfbLane"]

SUBPROTOCOL: Final = "binary"

_LARGEST_MESSAGE: Final = 4 * 1024 * 1024
"""Bytes of one WebSocket message; noVNC sends a clipboard text of up to 1 MiB in one or a few."""


class RfbLane:
    """Serves `/stream/rfb`. Its heartbeat has to run (`heartbeat.run`) as long as it serves."""

    def __init__(
        self,
        *,
        office: TicketOffice,
        sessions: SessionRegistry,
        clock: Clock,
        heartbeat_seconds: float,
        slow_viewer_seconds: float,
    ) -> None:
        self._office = office
        self._sessions = sessions
        self._path = Path()
        self.heartbeat = Heartbeat(clock, Patience.of(heartbeat_seconds, slow_viewer_seconds))

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/stream/rfb", self.serve)

    def close(self) -> None:
        """After the last viewer has left."""
        self._path.close()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One viewer, from its request to its end."""
        check_upgrade(request, SUBPROTOCOL, self._sessions)
        with self._sessions.admission() as admission:
            ticket = await redeem(request, self._office, Stream.RFB)
            websocket = LaneWebSocket(SUBPROTOCOL, WSMsgType.BINARY, _LARGEST_MESSAGE)
            if not await upgraded(request, websocket):
                return websocket
            with (
                admission.attach(ticket) as viewer,
                structlog.contextvars.bound_contextvars(
                    instance=ticket.instance_id, viewer=viewer.summary.id
                ),
            ):
                relay = RfbRelay(
                    request,
                    websocket,
                    viewer=viewer,
                    target=ticket.target,
                    withheld=ticket.withheld,
                    path=self._path,
                    heartbeat=self.heartbeat,
                )
                await relay.run()
        return websocket
