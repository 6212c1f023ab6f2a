"""Every command to an instance with its result, and what the machine did by itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from beamdesk.gateway.storage.base import Base, UtcDateTime
from beamdesk.gateway.storage.ids import new_id
from beamdesk.gateway.tickets import InstanceId, UserId

__all__ = ["HistoryEntry", "HistoryRow", "Result", "note", "of", "settle"]


class Result(StrEnum):
    """What became of a command."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    OVERTAKEN = "overtaken"
    """A newer command came before this one was carried out."""


class HistoryRow(Base):
    """One entry. `generation` is the intent that it made; None where it made none."""

    __tablename__ = "instance_history"
    __table_args__ = (Index(None, "instance_id", "at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(36), ForeignKey("instance.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str | None] = mapped_column(String(36), ForeignKey("user.id"))
    what: Mapped[str] = mapped_column(String(64))
    generation: Mapped[int | None]
    result: Mapped[str] = mapped_column(String(32))
    sentence: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry as read; `who` is None for what happened by itself."""

    at: datetime
    who: UserId | None
    what: str
    result: Result
    sentence: str


async def note(
    session: AsyncSession,
    instance_id: InstanceId,
    *,
    at: datetime,
    who: UserId | None,
    what: str,
    result: Result,
    sentence: str = "",
    generation: int | None = None,
) -> None:
    """Write one entry. With *generation*, older intents that still wait are called overtaken."""
    if generation is not None:
        await session.execute(
            update(HistoryRow)
            .where(HistoryRow.instance_id == instance_id, HistoryRow.result == Result.PENDING)
            .values(result=Result.OVERTAKEN)
        )
    session.add(
        HistoryRow(
            id=new_id(),
            instance_id=instance_id,
            at=at,
            who=who,
            what=what,
            generation=generation,
            result=result,
            sentence=sentence,
        )
    )
    await session.flush()


async def settle(
    session: AsyncSession, instance_id: InstanceId, generation: int, *, result: Result, sentence: str
) -> None:
    """Write what became of the intent *generation*."""
    await session.execute(
        update(HistoryRow)
        .where(
            HistoryRow.instance_id == instance_id,
            HistoryRow.generation == generation,
            HistoryRow.result == Result.PENDING,
        )
        .values(result=result, sentence=sentence)
    )


async def of(session: AsyncSession, instance_id: InstanceId, *, at_most: int) -> list[HistoryEntry]:
    """The newest entries, the newest first."""
    rows = await session.scalars(
        select(HistoryRow)
        .where(HistoryRow.instance_id == instance_id)
        .order_by(HistoryRow.at.desc(), HistoryRow.id.desc())
        .limit(at_most)
    )
    return [
        HistoryEntry(
            row.at, None if row.who is None else UserId(row.who), row.what, Result(row.result), row.sentence
        )
        for row in rows
    ]
