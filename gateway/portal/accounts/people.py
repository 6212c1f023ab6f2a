"""The people that Beamdesk knows."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.portal.accounts.methods import LOCAL_ISSUER, Identity
from beamdesk.gateway.portal.accounts.store import User
from beamdesk.gateway.storage import Database, new_id
from beamdesk.gateway.tickets import UserId

__all__ = ["NameRefused", "People", "Person", "check_name"]

_NAME = re.compile(r"\w[\w.@+-]{0,63}")
_LONGEST_DISPLAY_NAME = 250


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: UserId
    issuer: str
    subject: str
    name: str
    display_name: str
    is_admin: bool
    created_at: datetime
    last_sign_in_at: datetime | None

    @classmethod
    def of(cls, row: User) -> Self:
        return cls(
            id=UserId(row.id),
            issuer=row.issuer,
            subject=row.subject,
            name=row.name,
            display_name=row.display_name,
            is_admin=row.is_admin,
            created_at=row.created_at,
            last_sign_in_at=row.last_sign_in_at,
        )


class NameRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """Nobody can be called so. The text is a sentence for the person who tried."""


class People:
    """Accounts. The local ones are found by their name, others by issuer and subject."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, name: str, *, display_name: str = "", is_admin: bool = False) -> Person:
        """A new local person. Raises `NameRefused` when the name is taken or no name."""
        check_name(name)
        if len(display_name) > _LONGEST_DISPLAY_NAME or not display_name.isprintable():
            raise NameRefused(f"A display name has at most {_LONGEST_DISPLAY_NAME} printable characters.")
        identity = Identity(LOCAL_ISSUER, name, name, display_name or name)
        try:
            return await self._insert(identity, is_admin=is_admin)
        except IntegrityError:
            raise NameRefused(f"There is somebody called {name!r} already.") from None

    async def of(self, identity: Identity) -> Person:
        """The person with this identity, made on their first sign-in; their names follow the issuer's."""
        found = await self._find(identity.issuer, identity.subject)
        if found is None:
            try:
                return await self._insert(identity, is_admin=False)
            except IntegrityError:
                # Two first sign-ins at once: the other one made the account.
                found = await self._find(identity.issuer, identity.subject)
                if found is None:
                    raise
        return found

    async def ensure_local(self, name: str, *, is_admin: bool) -> Person:
        """The local person called *name*, made where missing; rights of an existing one stay as they are."""
        found = await self.named(name)
        if found is not None:
            return found
        try:
            return await self._insert(Identity(LOCAL_ISSUER, name, name, name), is_admin=is_admin)
        except IntegrityError:
            found = await self.named(name)
            if found is None:
                raise
            return found

    async def named(self, name: str) -> Person | None:
        """The local person called *name*."""
        return await self._find(LOCAL_ISSUER, name)

    async def by_id(self, person: UserId) -> Person | None:
        async with self._database.reading() as session:
            row = await session.get(User, person)
            return None if row is None else Person.of(row)

    async def all(self) -> list[Person]:
        """Everybody, by name."""
        async with self._database.reading() as session:
            rows = await session.scalars(select(User).order_by(User.name, User.id))
            return [Person.of(row) for row in rows]

    async def note_sign_in(self, person: UserId) -> None:
        """Remember that *person* signed in now."""
        async with self._database.transaction() as session:
            await session.execute(
                update(User).where(User.id == person).values(last_sign_in_at=self._clock.now())
            )

    async def _find(self, issuer: str, subject: str) -> Person | None:
        async with self._database.reading() as session:
            row = await session.scalar(select(User).where(User.issuer == issuer, User.subject == subject))
            return None if row is None else Person.of(row)

    async def _insert(self, identity: Identity, *, is_admin: bool) -> Person:
        row = User(
            id=new_id(),
            issuer=identity.issuer,
            subject=identity.subject,
            name=identity.name,
            display_name=identity.display_name,
            is_admin=is_admin,
            created_at=self._clock.now(),
            last_sign_in_at=None,
        )
        async with self._database.transaction() as session:
            session.add(row)
        return Person.of(row)


def check_name(name: str) -> None:
    """Raises `NameRefused` for what cannot be a local person's short name."""
    if _NAME.fullmatch(name) is None:
        raise NameRefused(
            "A name has 1 to 64 letters, digits or any of . _ @ + - and begins with a letter or digit."
        )
