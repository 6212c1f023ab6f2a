"""All live sessions of this gateway."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.sessions.admission import Admission
from beamdesk.gateway.sessions.session import Session
from beamdesk.gateway.sessions.viewer import Viewer, ViewerSummary
from beamdesk.gateway.tickets import InstanceId, Ticket

__all__ = ["Departure", "Presence", "SessionRegistry"]

Presence = Callable[[InstanceId], None]
"""Called when somebody came to an instance or left it. It must return at once and not raise."""

Departure = Callable[[InstanceId, EndReason | None], None]
"""Called when somebody has left an instance, with the reason. As above."""

_log = structlog.stdlib.get_logger(__name__)


class SessionRegistry:
    """Who is connected to what, and the way to end it. All methods but `drain` answer at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[InstanceId, Session] = {}
        self._pending: set[Admission] = set()
        self._inside = 0  # admissions that are open, pending or attached
        self._listeners: list[Presence] = []
        self._departure_listeners: list[Departure] = []
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def is_draining(self) -> bool:
        """Whether nobody is let in any more."""
        return self._draining

    @property
    def instance_ids(self) -> tuple[InstanceId, ...]:
        """The instances that somebody is connected to."""
        return tuple(self._sessions)

    @property
    def sign_ins(self) -> frozenset[str]:
        """The sign-ins by which the connected viewers came."""
        return frozenset(name for session in self._sessions.values() for name in session.sign_ins)

    @property
    def viewer_count(self) -> int:
        return sum(map(len, self._sessions.values()))

    def on_presence(self, listener: Presence) -> None:
        """Have *listener* called at every coming and going from now on."""
        self._listeners.append(listener)

    def on_departure(self, listener: Departure) -> None:
        """Have *listener* called at every going from now on."""
        self._departure_listeners.append(listener)

    def viewers(self, instance_id: InstanceId) -> tuple[ViewerSummary, ...]:
        """Who is connected to the instance, in the order in which they came."""
        session = self._sessions.get(instance_id)
        return () if session is None else session.viewers

    @contextmanager
    def admission(self) -> Iterator[Admission]:
        """Opened by a lane before it redeems a ticket, closed when the viewer has left."""
        admission = Admission(self._attached)
        if self._draining:
            admission.all_ended(EndReason.GATEWAY_STOPPING)
        self._pending.add(admission)
        self._inside += 1
        self._empty.clear()
        try:
            yield admission
        finally:
            self._pending.discard(admission)
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    def end_instance(self, instance_id: InstanceId, reason: EndReason) -> None:
        """End everybody who is connected, or about to be, to the instance."""
        for admission in self._pending:
            admission.instance_ended(instance_id, reason)
        session = self._sessions.get(instance_id)
        if session is not None:
            session.end(reason)

    def end_sign_in(self, sign_in: str, reason: EndReason) -> None:
        """End everybody who came by this browser session or access token."""
        for admission in self._pending:
            admission.sign_in_ended(sign_in, reason)
        for session in tuple(self._sessions.values()):
            session.end(reason, sign_in=sign_in)

    async def drain(self, reason: EndReason = EndReason.GATEWAY_STOPPING) -> None:
        """Let nobody in any more, end everybody, and wait until all have left."""
        self._draining = True
        for admission in self._pending:
            admission.all_ended(reason)
        for session in tuple(self._sessions.values()):
            session.end(reason)
        await self._empty.wait()

    @contextmanager
    def _attached(self, admission: Admission, ticket: Ticket) -> Iterator[Viewer]:
        viewer = Viewer.of(ticket, self._clock.now())
        session = self._sessions.get(ticket.instance_id)
        if session is None:
            session = self._sessions[ticket.instance_id] = Session(ticket.instance_id)
        # From here on the session ends it; the admission need not listen, and grow, for a viewer's life.
        self._pending.discard(admission)
        session.join(viewer)
        self._tell(ticket.instance_id)
        try:
            yield viewer
        finally:
            session.leave(viewer)
            if not session:
                del self._sessions[ticket.instance_id]
            self._tell(ticket.instance_id)

    def _tell(self, instance_id: InstanceId) -> None:
        for listener in self._listeners:
            try:
                listener(instance_id)
            except Exception:  # noqa: BLE001  (somebody's display must not cost a viewer its desktop)
                _log.exception("presence listener failed", instance=instance_id)
