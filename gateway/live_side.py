"""What the portal and the stream plane tell each other: neither imports the other, this does."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from beamdesk.gateway.bus import Bus, DesktopDoubted, InstanceChanged
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.portal.instances import store
from beamdesk.gateway.portal.instances.live import ViewerSeen
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.thumbnails.thumbnailer import Thumbnailer
from beamdesk.gateway.tickets import InstanceId

__all__ = ["LiveSessions", "PictureSchedule", "doubt_lost_desktops"]

SETTLE_SECONDS: Final = 3.0
"""A desktop that has just become ready is still empty."""

_LOST: Final = frozenset({EndReason.DESKTOP_ENDED, EndReason.DESKTOP_UNREACHABLE, EndReason.DESKTOP_REFUSED})


class LiveSessions:
    """Implements the portal's `LiveSide` on the sessions and pictures of this gateway."""

    def __init__(self, sessions: SessionRegistry, thumbnailer: Thumbnailer) -> None:
        self._sessions = sessions
        self._thumbnailer = thumbnailer

    def viewers(self, instance_id: InstanceId) -> Sequence[ViewerSeen]:
        return [
            ViewerSeen(id=viewer.id, name=viewer.user_name, role=viewer.role, since=viewer.since)
            for viewer in self._sessions.viewers(instance_id)
        ]

    def thumbnail_version(self, instance_id: InstanceId) -> str | None:
        return self._thumbnailer.version(instance_id)

    def thumbnail(self, instance_id: InstanceId) -> bytes | None:
        return self._thumbnailer.picture(instance_id)


class PictureSchedule:
    """Decides when a desktop is worth a picture: once it is there, while it is used, after somebody left."""

    def __init__(
        self,
        thumbnailer: Thumbnailer,
        *,
        sessions: SessionRegistry,
        database: Database,
        bus: Bus,
        clock: Clock,
        every_seconds: float,
    ) -> None:
        self._thumbnailer = thumbnailer
        self._sessions = sessions
        self._database = database
        self._bus = bus
        self._clock = clock
        self._every = every_seconds
        sessions.on_departure(self._left)

    async def follow_changes(self) -> None:
        """A picture when a desktop has become ready; none of deleted ones."""
        with self._bus.subscribe(InstanceChanged) as news:
            async for event in news:
                if isinstance(event, InstanceChanged):
                    await self._look_at(event.instance_id)

    async def follow_viewers(self) -> None:
        """New pictures of what is being watched."""
        while True:
            await self._clock.sleep(self._every)
            for instance_id in self._sessions.instance_ids:
                self._thumbnailer.request(instance_id)

    async def _look_at(self, instance_id: InstanceId) -> None:
        async with self._database.reading() as session:
            record = await store.get(session, instance_id)
        if record is None or record.state is InstanceState.DELETED:
            self._thumbnailer.forget(instance_id)
        elif record.state.is_open and self._thumbnailer.version(instance_id) is None:
            self._clock.call_later(SETTLE_SECONDS, partial(self._thumbnailer.request, instance_id))

    def _left(self, instance_id: InstanceId, _reason: EndReason | None) -> None:
        self._thumbnailer.request(instance_id)


def doubt_lost_desktops(sessions: SessionRegistry, bus: Bus) -> None:
    """Have a desktop looked at as soon as a stream has lost it, rather than at the next listing."""

    def left(instance_id: InstanceId, reason: EndReason | None) -> None:
        if reason in _LOST:
            bus.publish(DesktopDoubted(instance_id))

    sessions.on_departure(left)
