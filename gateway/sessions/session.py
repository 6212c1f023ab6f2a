"""The viewers of one instance."""

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.sessions.viewer import Viewer, ViewerSummary
from beamdesk.gateway.tickets import InstanceId

__all__ = ["Session"]


class Session:
    """Exists while somebody is connected to the instance."""

    def __init__(self, instance_id: InstanceId) -> None:
        self.instance_id = instance_id
        # A dict for its order: people are shown in the order in which they came.
        self._viewers: dict[Viewer, None] = {}

    def __len__(self) -> int:
        return len(self._viewers)

    @property
    def viewers(self) -> tuple[ViewerSummary, ...]:
        """Who is connected, in the order in which they came."""
        return tuple(viewer.summary for viewer in self._viewers)

    @property
    def sign_ins(self) -> frozenset[str]:
        """The sign-ins by which the viewers came."""
        return frozenset(viewer.sign_in for viewer in self._viewers)

    def join(self, viewer: Viewer) -> None:
        self._viewers[viewer] = None

    def leave(self, viewer: Viewer) -> None:
        del self._viewers[viewer]

    def end(self, reason: EndReason, *, sign_in: str | None = None) -> None:
        """End all viewers, or those that came by one sign-in."""
        for viewer in tuple(self._viewers):
            if sign_in is None or viewer.sign_in == sign_in:
                viewer.end(reason)
