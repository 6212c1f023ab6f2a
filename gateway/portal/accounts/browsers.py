"""Browsers that signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import ColumnElement, delete, select, update

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.config.settings import SignInSettings
from beamdesk.gateway.portal.accounts.credentials import digest, new_secret
from beamdesk.gateway.portal.accounts.store import BrowserSession, User
from beamdesk.gateway.storage import Database, new_id
from beamdesk.gateway.tickets import UserId

__all__ = ["Browser", "BrowserSessions", "FoundBrowser"]

NOTED_EVERY = timedelta(seconds=60)
"""How exactly the last use is known: a write per minute and browser, not per request. Sessions that live for
minutes only are noted more often, so that use does prolong them."""


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser session, as its person may see it."""

    id: str
    browser: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, row: BrowserSession) -> Self:
        return cls(
            id=row.id,
            browser=row.browser,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=min(row.idle_expires_at, row.expires_at),
        )


@dataclass(frozen=True, slots=True)
class FoundBrowser:
    """A session that a cookie named, with what is to be known of its person."""

    id: str
    user_id: UserId
    name: str
    is_admin: bool


class BrowserSessions:
    """Begins, recognises and ends browser sessions."""

    def __init__(self, database: Database, clock: Clock, settings: SignInSettings) -> None:
        self._database = database
        self._clock = clock
        self._idle = timedelta(seconds=settings.idle_seconds)
        self._longest = timedelta(seconds=settings.longest_seconds)
        self._noted_every = min(NOTED_EVERY, self._idle / 4)

    async def begin(self, person: UserId, *, browser: str, address: str) -> str:
        """A new session; gives the secret for its cookie."""
        secret = new_secret()
        now = self._clock.now()
        row = BrowserSession(
            id=new_id(),
            hash=digest(secret),
            user_id=person,
            created_at=now,
            last_seen_at=now,
            idle_expires_at=now + min(self._idle, self._longest),
            expires_at=now + self._longest,
            browser=browser[:250],
            address=address[:64],
        )
        async with self._database.transaction() as session:
            session.add(row)
        return secret

    async def find(self, secret: str) -> FoundBrowser | None:
        """Whose session this is, None when it has ended; its life is prolonged."""
        now = self._clock.now()
        async with self._database.reading() as session:
            row = (
                await session.execute(
                    select(BrowserSession, User)
                    .join(User, User.id == BrowserSession.user_id)
                    .where(BrowserSession.hash == digest(secret), *_alive(now))
                )
            ).one_or_none()
        if row is None:
            return None
        found, person = row
        if now - found.last_seen_at >= self._noted_every:
            await self.prolong([found.id])
        return FoundBrowser(found.id, UserId(person.id), person.name, person.is_admin)

    async def of(self, person: UserId) -> list[Browser]:
        """The sessions of *person*, the latest used first."""
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(BrowserSession)
                .where(BrowserSession.user_id == person, *_alive(self._clock.now()))
                .order_by(BrowserSession.last_seen_at.desc(), BrowserSession.id)
            )
            return [Browser.of(row) for row in rows]

    async def end(self, session_id: str, person: UserId) -> bool:
        """End a session of *person*; False when they have none of that id."""
        async with self._database.transaction() as session:
            ended = await session.scalar(
                delete(BrowserSession)
                .where(BrowserSession.id == session_id, BrowserSession.user_id == person)
                .returning(BrowserSession.id)
            )
        return ended is not None

    async def end_by_secret(self, secret: str) -> str | None:
        """End the session of a cookie; gives its id, None when there was none."""
        async with self._database.transaction() as session:
            return await session.scalar(
                delete(BrowserSession)
                .where(BrowserSession.hash == digest(secret))
                .returning(BrowserSession.id)
            )

    async def prolong(self, ids: Sequence[str]) -> None:
        """Note that those of the sessions *ids* that have not ended are in use."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(
                update(BrowserSession)
                .where(
                    BrowserSession.id.in_(ids),
                    BrowserSession.last_seen_at <= now - self._noted_every,
                    *_alive(now),
                )
                .values(last_seen_at=now, idle_expires_at=now + self._idle)
            )

    async def alive_among(self, ids: Sequence[str]) -> set[str]:
        """Those of *ids* that have not ended."""
        async with self._database.reading() as session:
            return set(
                await session.scalars(
                    select(BrowserSession.id).where(BrowserSession.id.in_(ids), *_alive(self._clock.now()))
                )
            )

    async def remove_expired(self) -> None:
        now = self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(
                delete(BrowserSession).where(
                    (BrowserSession.idle_expires_at <= now) | (BrowserSession.expires_at <= now)
                )
            )


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return BrowserSession.idle_expires_at > now, BrowserSession.expires_at > now
