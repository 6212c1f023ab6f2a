"""Issues tickets, and redeems them for the stream plane."""

import secrets
from datetime import timedelta
from hashlib import sha256

import structlog

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.http.problems import FieldFault, Problem
from beamdesk.gateway.portal.accounts.service import Accounts
from beamdesk.gateway.portal.instances import store as instances
from beamdesk.gateway.portal.instances.access import role_in_session
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.portal.tickets import store
from beamdesk.gateway.portal.tickets.model import IssuedTicket, NewTicket
from beamdesk.gateway.portal.tickets.store import TicketRecord
from beamdesk.gateway.portal.tickets.targets import Targets, is_openable
from beamdesk.gateway.roles import Action, lesser_or_equal, may
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import InstanceId, Stream, Ticket, TicketRefused

__all__ = ["Tickets"]

SECRET_BYTES = 32
LONGEST_SECRET = 200
"""More than any ticket has; what is longer is not even hashed."""

KEPT_AFTER_EXPIRY = timedelta(minutes=5)
"""So that the log can tell a late ticket from one that never was."""

log = structlog.get_logger(__name__)


class Tickets:
    """Implements `TicketOffice`. *seconds* is how long a ticket can be used."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        accounts: Accounts,
        targets: Targets,
        seconds: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._targets = targets
        self._seconds = seconds

    async def issue(
        self, asking: Principal, instance_id: InstanceId, wanted: NewTicket, *, origin: str | None
    ) -> IssuedTicket:
        """A ticket for *asking* and nobody else, to be used from pages of *origin*; raises problems."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        now = self._clock.now()
        async with self._database.transaction() as session:
            record = await instances.get(session, instance_id)
            held = (
                None if record is None else role_in_session(asking.user_id, record, is_admin=asking.is_admin)
            )
            if record is None or held is None or record.state is InstanceState.DELETED:
                raise Problem.not_found("There is no such instance.")
            role = wanted.role or held
            if not lesser_or_equal(role, held):
                raise Problem.forbidden("role-too-great", "You may not open this desktop in that role.")
            lane = self._targets.lanes.of(record.plan_id)
            if wanted.stream not in lane.streams:
                raise Problem.invalid(
                    [FieldFault(pointer="/stream", detail="This desktop cannot be opened in that way.")]
                )
            if not is_openable(record):
                raise Problem.conflict("instance-not-ready", "This desktop is not ready to be opened.")
            await store.purge(session, now - KEPT_AFTER_EXPIRY)
            await store.add(
                session,
                TicketRecord(
                    hash=_hash(secret),
                    user_id=asking.user_id,
                    sign_in=asking.sign_in,
                    instance_id=instance_id,
                    role=role,
                    stream=wanted.stream,
                    origin=origin,
                    expires_at=now + timedelta(seconds=self._seconds),
                ),
            )
        return IssuedTicket(
            ticket=secret,
            url=f"/stream/{wanted.stream}?ticket={secret}",
            role=role,
            permits=sorted(action for action in Action if may(role, action, lane.withheld)),
            withheld=sorted(lane.withheld),
            expires_in=int(self._seconds),
        )

    async def redeem(self, secret: str, stream: Stream, origin: str | None) -> Ticket:
        """Use up the ticket *secret*, whatever comes of it; see `TicketOffice`."""
        if len(secret) > LONGEST_SECRET or not secret.isascii():
            raise _refusal("unknown")
        now = self._clock.now()
        hashed = _hash(secret)
        async with self._database.transaction() as session:
            ticket = await store.use(session, hashed, now)
            if ticket is None:
                known = await store.find(session, hashed)
                raise _refusal(_why_useless(known))
            record = await instances.get(session, ticket.instance_id)
        if ticket.stream is not stream:
            raise _refusal("stream", ticket)
        if ticket.origin != origin:
            raise _refusal("origin", ticket)
        person = await self._accounts.people.by_id(ticket.user_id)
        if person is None or not await self._accounts.is_signed_in(ticket.sign_in):
            raise _refusal("signed-out", ticket)
        held = None if record is None else role_in_session(person.id, record, is_admin=person.is_admin)
        if record is None or held is None or not lesser_or_equal(ticket.role, held):
            raise _refusal("role", ticket)
        target = await self._targets.of(record, stream)
        if target is None:
            raise _refusal("state", ticket)
        return Ticket(
            user_id=ticket.user_id,
            user_name=person.display_name,
            instance_id=ticket.instance_id,
            role=ticket.role,
            stream=stream,
            target=target,
            sign_in=ticket.sign_in,
            expires_at=ticket.expires_at,
            withheld=self._targets.lanes.of(record.plan_id).withheld,
        )


def _why_useless(known: TicketRecord | None) -> str:
    if known is None:
        return "unknown"
    return "expired" if known.used_at is None else "used"


def _refusal(reason: str, ticket: TicketRecord | None = None) -> TicketRefused:
    log.warning(
        "ticket refused",
        reason=reason,
        instance=ticket and ticket.instance_id,
        user=ticket and ticket.user_id,
    )
    return TicketRefused(reason)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
