"""One connection of one person to a session."""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import InstanceId, Ticket, UserId

__all__ = ["Viewer", "ViewerId", "ViewerSummary"]

ViewerId = NewType("ViewerId", str)


@dataclass(frozen=True, slots=True)
class ViewerSummary:
    """What others may know of a viewer."""

    id: ViewerId
    user_id: UserId
    user_name: str
    role: Role
    since: datetime


@dataclass(eq=False, slots=True)
class Viewer:
    """A viewer from its ticket to its end. Made by `Admission.attach`, never directly."""

    summary: ViewerSummary
    instance_id: InstanceId
    sign_in: str
    _reason: asyncio.Future[EndReason] = field(repr=False)

    @classmethod
    def of(cls, ticket: Ticket, since: datetime) -> "Viewer":
        return cls(
            summary=ViewerSummary(
                id=ViewerId(secrets.token_hex(8)),
                user_id=ticket.user_id,
                user_name=ticket.user_name,
                role=ticket.role,
                since=since,
            ),
            instance_id=ticket.instance_id,
            sign_in=ticket.sign_in,
            _reason=asyncio.get_running_loop().create_future(),
        )

    def end(self, reason: EndReason) -> None:
        """Ask the viewer's lane to close it. The first reason counts; safe to call at any time."""
        if not self._reason.done():
            self._reason.set_result(reason)

    async def ended(self) -> EndReason:
        """Wait until somebody calls `end`."""
        return await asyncio.shield(self._reason)

    @property
    def reason(self) -> EndReason | None:
        """Why it has to close; None while it may stay."""
        return self._reason.result() if self._reason.done() else None
