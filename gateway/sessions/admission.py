"""A viewer on its way in."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.sessions.viewer import Viewer
from beamdesk.gateway.tickets import InstanceId, Ticket

__all__ = ["Admission"]


class Admission:
    """Remembers what was ended while a ticket was being redeemed.

    The portal verifies a ticket, then the viewer is attached; a sign-out or a stop between the two would
    find no viewer to end. So a lane opens an admission before it redeems, and ends that fall into the time
    until `attach` are applied to the new viewer at once.
    """

    def __init__(self, attach: Callable[["Admission", Ticket], AbstractContextManager[Viewer]]) -> None:
        self._attach = attach
        self._instances: dict[InstanceId, EndReason] = {}
        self._sign_ins: dict[str, EndReason] = {}
        self._everybody: EndReason | None = None

    @contextmanager
    def attach(self, ticket: Ticket) -> Iterator[Viewer]:
        """The viewer, connected while the context lasts. It may have been ended already."""
        with self._attach(self, ticket) as viewer:
            late = (
                self._everybody
                or self._instances.get(ticket.instance_id)
                or self._sign_ins.get(ticket.sign_in)
            )
            if late is not None:
                viewer.end(late)
            yield viewer

    def instance_ended(self, instance_id: InstanceId, reason: EndReason) -> None:
        self._instances.setdefault(instance_id, reason)

    def sign_in_ended(self, sign_in: str, reason: EndReason) -> None:
        self._sign_ins.setdefault(sign_in, reason)

    def all_ended(self, reason: EndReason) -> None:
        self._everybody = reason
