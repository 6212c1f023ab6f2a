"""Answers to requests that carry an Idempotency-Key, so that a repeated request starts nothing twice."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from beamdesk.gateway.storage.base import Base, UtcDateTime
from beamdesk.gateway.tickets import UserId

__all__ = ["KEPT_FOR", "AnswerRow", "keep", "recall"]

KEPT_FOR = timedelta(hours=24)
"""How long an answer is repeated; a client that tries again does so within minutes."""


class AnswerRow(Base):
    """What was answered to one person's request with one key."""

    __tablename__ = "idempotency_key"

    user_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


async def recall(session: AsyncSession, user_id: UserId, key: str, now: datetime) -> tuple[str, str] | None:
    """(hash of the request, answer) of the request that came with *key*; expired ones are forgotten."""
    await session.execute(delete(AnswerRow).where(AnswerRow.expires_at <= now))
    row = await session.scalar(select(AnswerRow).where(AnswerRow.user_id == user_id, AnswerRow.key == key))
    return None if row is None else (row.request_hash, row.answer)


async def keep(
    session: AsyncSession, user_id: UserId, key: str, *, request_hash: str, answer: str, now: datetime
) -> None:
    """Remember what is answered to the request that came with *key*."""
    session.add(
        AnswerRow(
            user_id=user_id,
            key=key,
            request_hash=request_hash,
            answer=answer,
            expires_at=now + KEPT_FOR,
        )
    )
    await session.flush()
