"""Personal access tokens: how a person's programs sign in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import delete, func, select, update

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.config.settings import SignInSettings
from beamdesk.gateway.portal.accounts.credentials import digest, looks_like_token, new_token
from beamdesk.gateway.portal.accounts.model import Scope
from beamdesk.gateway.portal.accounts.store import AccessToken, User
from beamdesk.gateway.storage import Database, new_id
from beamdesk.gateway.tickets import UserId

__all__ = ["AccessTokens", "FoundToken", "Token", "TokenRefused"]

MOST_PER_PERSON = 50
"""More than anybody can tell apart; keeps a runaway script from filling the table."""

NOTED_EVERY = timedelta(seconds=60)
"""How exactly the last use is known."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, as its person may see it; the secret is shown once, when it is made."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: AccessToken) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            scope=Scope(row.scope),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token that a program showed, with what is to be known of its person."""

    id: str
    scope: Scope
    user_id: UserId
    name: str
    is_admin: bool


class TokenRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """No such token can be made. The text is a sentence for the person."""


class AccessTokens:
    """Makes, recognises and revokes access tokens."""

    def __init__(self, database: Database, clock: Clock, settings: SignInSettings) -> None:
        self._database = database
        self._clock = clock
        self._longest = timedelta(seconds=settings.token_seconds)

    async def issue(
        self, person: UserId, name: str, *, scope: Scope = Scope.FULL, days: float | None = None
    ) -> tuple[Token, str]:
        """A new token and its secret. *days* is None for the longest life; raises `TokenRefused`."""
        lifetime = self._longest if days is None else timedelta(days=days)
        if lifetime > self._longest:
            raise TokenRefused(f"A token may live {self._longest / timedelta(days=1):g} days at most.")
        now = self._clock.now()
        secret = new_token()
        row = AccessToken(
            id=new_id(),
            hash=digest(secret),
            user_id=person,
            name=name,
            scope=scope,
            created_at=now,
            expires_at=now + lifetime,
            last_used_at=None,
        )
        async with self._database.transaction() as session:
            # The person's row is the lock: of two who come at once, the second counts after the first.
            await session.execute(select(User.id).where(User.id == person).with_for_update())
            count = await session.scalar(
                select(func.count())
                .select_from(AccessToken)
                .where(AccessToken.user_id == person, AccessToken.expires_at > now)
            )
            if (count or 0) >= MOST_PER_PERSON:
                raise TokenRefused(f"You have {MOST_PER_PERSON} access tokens: revoke one first.")
            session.add(row)
        return Token.of(row), secret

    async def find(self, secret: str) -> FoundToken | None:
        """Whose token this is, None when it is nobody's."""
        if not looks_like_token(secret):
            return None
        now = self._clock.now()
        async with self._database.reading() as session:
            row = (
                await session.execute(
                    select(AccessToken, User)
                    .join(User, User.id == AccessToken.user_id)
                    .where(AccessToken.hash == digest(secret), AccessToken.expires_at > now)
                )
            ).one_or_none()
        if row is None:
            return None
        found, person = row
        if found.last_used_at is None or now - found.last_used_at >= NOTED_EVERY:
            await self._note_use(found.id, now)
        return FoundToken(found.id, Scope(found.scope), UserId(person.id), person.name, person.is_admin)

    async def of(self, person: UserId) -> list[Token]:
        """The tokens of *person*, the newest first."""
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(AccessToken)
                .where(AccessToken.user_id == person, AccessToken.expires_at > self._clock.now())
                .order_by(AccessToken.created_at.desc(), AccessToken.id.desc())
            )
            return [Token.of(row) for row in rows]

    async def revoke(self, token_id: str, person: UserId) -> bool:
        """Make a token of *person* worthless; False when they have none of that id."""
        async with self._database.transaction() as session:
            revoked = await session.scalar(
                delete(AccessToken)
                .where(AccessToken.id == token_id, AccessToken.user_id == person)
                .returning(AccessToken.id)
            )
        return revoked is not None

    async def alive_among(self, ids: list[str]) -> set[str]:
        """Those of *ids* that are still good."""
        async with self._database.reading() as session:
            return set(
                await session.scalars(
                    select(AccessToken.id).where(
                        AccessToken.id.in_(ids), AccessToken.expires_at > self._clock.now()
                    )
                )
            )

    async def remove_expired(self) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(AccessToken).where(AccessToken.expires_at <= self._clock.now()))

    async def _note_use(self, token_id: str, now: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                update(AccessToken).where(AccessToken.id == token_id).values(last_used_at=now)
            )
