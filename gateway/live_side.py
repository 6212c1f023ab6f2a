"""What the stream plane knows of an instance, in the portal's words."""

from collections.abc import Sequence

from beamdesk.gateway.portal.instances.live import ViewerSeen
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tickets import InstanceId

__all__ = ["LiveSessions"]


class LiveSessions:
    """Implements the portal's `LiveSide` on the sessions and pictures of this gateway."""

    def __init__(self, sessions: SessionRegistry) -> None:
        self._sessions = sessions

    def viewers(self, instance_id: InstanceId) -> Sequence[ViewerSeen]:
        return [
            ViewerSeen(id=viewer.id, name=viewer.user_name, role=viewer.role, since=viewer.since)
            for viewer in self._sessions.viewers(instance_id)
        ]

    def thumbnail_version(self, instance_id: InstanceId) -> str | None:
        return None

    def thumbnail(self, instance_id: InstanceId) -> bytes | None:
        return None
