"""The table of tickets. Of a ticket's secret only the hash is stored."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from beamdesk.gateway.roles import Role
from beamdesk.gateway.storage.base import Base, UtcDateTime
from beamdesk.gateway.tickets import InstanceId, Stream, UserId

__all__ = ["TicketRecord", "TicketRow", "add", "find", "purge", "use"]


class TicketRow(Base):
    """One ticket; the fields are those of `TicketRecord`."""

    __tablename__ = "ticket"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), ForeignKey("user.id", ondelete="CASCADE"))
    sign_in: Mapped[str] = mapped_column(String(64))
    instance_id: Mapped[str] = mapped_column(String(36), ForeignKey("instance.id"))
    role: Mapped[str] = mapped_column(String(32))
    stream: Mapped[str] = mapped_column(String(32))
    origin: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """One ticket as stored. `origin` is that of the page that asked, None for a program."""

    hash: str
    user_id: UserId
    sign_in: str
    instance_id: InstanceId
    role: Role
    stream: Stream
    origin: str | None
    expires_at: datetime
    used_at: datetime | None = None


async def add(session: AsyncSession, ticket: TicketRecord) -> None:
    """Keep a new ticket."""
    session.add(
        TicketRow(
            hash=ticket.hash,
            user_id=ticket.user_id,
            sign_in=ticket.sign_in,
            instance_id=ticket.instance_id,
            role=ticket.role,
            stream=ticket.stream,
            origin=ticket.origin,
            expires_at=ticket.expires_at,
            used_at=ticket.used_at,
        )
    )
    await session.flush()


async def use(session: AsyncSession, ticket_hash: str, now: datetime) -> TicketRecord | None:
    """Use the ticket up and give it; None when it is unknown, used or expired.

    One statement decides, so that of two who come with the same ticket only one gets it.
    """
    row = await session.scalar(
        update(TicketRow)
        .where(TicketRow.hash == ticket_hash, TicketRow.used_at.is_(None), TicketRow.expires_at > now)
        .values(used_at=now)
        .returning(TicketRow)
        .execution_options(synchronize_session=False)
    )
    return None if row is None else _record(row)


async def find(session: AsyncSession, ticket_hash: str) -> TicketRecord | None:
    """The ticket in whatever state, for the log to say why it was refused."""
    row = await session.scalar(select(TicketRow).where(TicketRow.hash == ticket_hash))
    return None if row is None else _record(row)


async def purge(session: AsyncSession, expired_before: datetime) -> None:
    """Forget tickets that expired before a moment, used or not."""
    await session.execute(delete(TicketRow).where(TicketRow.expires_at < expired_before))


def _record(row: TicketRow) -> TicketRecord:
    return TicketRecord(
        hash=row.hash,
        user_id=UserId(row.user_id),
        sign_in=row.sign_in,
        instance_id=InstanceId(row.instance_id),
        role=Role(row.role),
        stream=Stream(row.stream),
        origin=row.origin,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
