"""The Guacamole lane: what guacd draws of a desktop, to a browser over WebSocket."""

from typing import Final

import structlog
from aiohttp import WSMsgType, web

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tickets import Stream, TicketOffice
from beamdesk.gateway.transports.admitting import check_upgrade, redeem, upgraded
from beamdesk.gateway.transports.frames import Path
from beamdesk.gateway.transports.guacamole_files import GuacamoleFiles
from beamdesk.gateway.transports.guacamole_query import wishes_of
from beamdesk.gateway.transports.guacamole_relay import GuacamoleRelay
from beamdesk.gateway.transports.guacamole_tunnels import Tunnels
from beamdesk.gateway.transports.heartbeat import Heartbeat
from beamdesk.gateway.transports.liveness import Patience
from beamdesk.gateway.transports.websocket import LaneWebSocket
from beamdesk.gateway.upstreams.guacd.keepers import Keepers

__all__ = ["GuacamoleLane"]

SUBPROTOCOL: Final = "guacamole"

_LARGEST_MESSAGE: Final = 64 * 1024
"""Bytes of one WebSocket message. guacamole-common-js sends each instruction by itself, 32 KiB at most; all
others wait while a message is judged, so it is no larger than it has to be."""


class GuacamoleLane:
    """Serves `/stream/guacamole` and the files beside it.

    Its heartbeat (`heartbeat.run`) and the keepers have to run as long as it serves.

    *images* are the formats in which guacd may draw, in order of preference; PNG is always one of them.
    """

    def __init__(
        self,
        *,
        office: TicketOffice,
        sessions: SessionRegistry,
        keepers: Keepers,
        path: Path,
        clock: Clock,
        heartbeat_seconds: float,
        slow_viewer_seconds: float,
        images: tuple[str, ...] = ("image/png", "image/jpeg"),
    ) -> None:
        self._office = office
        self._sessions = sessions
        self._keepers = keepers
        self._path = path
        self._clock = clock
        self._images = images if "image/png" in images else (*images, "image/png")
        self._tunnels = Tunnels()
        self._files = GuacamoleFiles(self._tunnels, clock)
        self.heartbeat = Heartbeat(clock, Patience.of(heartbeat_seconds, slow_viewer_seconds))

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/stream/guacamole", self.serve)
        self._files.add_routes(app)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One viewer, from its request to its end."""
        check_upgrade(request, SUBPROTOCOL, self._sessions)
        wishes = wishes_of(request)
        with self._sessions.admission() as admission:
            ticket = await redeem(request, self._office, Stream.GUACAMOLE)
            websocket = LaneWebSocket(SUBPROTOCOL, WSMsgType.TEXT, _LARGEST_MESSAGE)
            if not await upgraded(request, websocket):
                return websocket
            with (
                admission.attach(ticket) as viewer,
                structlog.contextvars.bound_contextvars(
                    instance=ticket.instance_id, viewer=viewer.summary.id
                ),
            ):
                relay = GuacamoleRelay(
                    request,
                    websocket,
                    viewer=viewer,
                    ticket=ticket,
                    wishes=wishes,
                    images=self._images,
                    keepers=self._keepers,
                    path=self._path,
                    heartbeat=self.heartbeat,
                    clock=self._clock,
                )
                with self._tunnels.opened(relay):
                    await relay.run()
        return websocket
