"""The Guacamole lane for the composition root: all of its parts, or none where there is no guacd."""

from aiohttp import web

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.config.settings import GuacamoleSettings, StreamsSettings
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import InstanceId, TicketOffice
from beamdesk.gateway.transports.frames import Path
from beamdesk.gateway.transports.guacamole import GuacamoleLane
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.keepers import Keepers
from beamdesk.gateway.upstreams.guacd.source import GuacdSource

__all__ = ["GuacamoleSide"]


class GuacamoleSide:
    """A guacd, the keepers of its connections, and the lane in front of them. Closed without a guacd."""

    def __init__(
        self,
        guacd: GuacdSource | None,
        settings: GuacamoleSettings,
        streams: StreamsSettings,
        *,
        office: TicketOffice,
        sessions: SessionRegistry,
        clock: Clock,
    ) -> None:
        self._guacd = guacd or _NoGuacd()
        self._is_open = guacd is not None
        self._path = Path()
        self._sessions = sessions
        self._keepers = Keepers(
            self._guacd.address, clock, buffer=self._path.buffer, detached_seconds=settings.detached_seconds
        )
        self._lane = GuacamoleLane(
            office=office,
            sessions=sessions,
            keepers=self._keepers,
            path=self._path,
            clock=clock,
            heartbeat_seconds=streams.heartbeat_seconds,
            slow_viewer_seconds=streams.slow_viewer_seconds,
            images=settings.images,
        )

    def end_instance(self, instance_id: InstanceId, reason: EndReason) -> None:
        """End all viewers of an instance, on whichever lane, and what is kept for those who come back."""
        self._sessions.end_instance(instance_id, reason)
        self._keepers.end_instance(instance_id, reason)

    def add_routes(self, app: web.Application) -> None:
        if self._is_open:
            self._lane.add_routes(app)

    def start(self, tasks: BackgroundTasks) -> None:
        """Before the first viewer; *tasks* are stopped in reverse, so that guacd is the last to go."""
        if not self._is_open:
            return
        tasks.start("guacd", self._guacd.run)
        tasks.start("keepers of guacd's connections", self._keepers.run)
        tasks.start("heartbeat of the Guacamole lane", self._lane.heartbeat.run)

    def close(self) -> None:
        """After the last viewer has left."""
        self._path.close()


class _NoGuacd:
    """Stands where a guacd would."""

    def address(self) -> GuacdAddress:
        raise UpstreamFailed(EndReason.RELAY_FAILED, "there is no guacd")

    async def run(self) -> None:
        return
