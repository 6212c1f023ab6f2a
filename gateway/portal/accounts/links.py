"""One-time sign-in links: the way in where no identity provider is configured."""

from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import delete, select

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.portal.accounts.credentials import digest, new_secret
from beamdesk.gateway.portal.accounts.methods import Identity, SignInRefused
from beamdesk.gateway.portal.accounts.store import SignInLink, User
from beamdesk.gateway.storage import Database
from beamdesk.gateway.tickets import UserId

__all__ = ["OneTimeLink", "link_address"]


class OneTimeLink:
    """A `SignInMethod`: whoever holds the link's secret is the person it was made for, once."""

    def __init__(self, database: Database, clock: Clock, *, seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._lifetime = timedelta(seconds=seconds)

    async def issue(self, person: UserId) -> str:
        """The secret of a new link; earlier links of the same person stay good."""
        secret = new_secret()
        now = self._clock.now()
        row = SignInLink(hash=digest(secret), user_id=person, created_at=now, expires_at=now + self._lifetime)
        async with self._database.transaction() as session:
            session.add(row)
        return secret

    async def identify(self, credential: str) -> Identity:
        """Use up the link; raises `SignInRefused` when it is unknown, expired or used."""
        async with self._database.transaction() as session:
            # One statement finds and removes it: of two who come at once, the database lets one have the row.
            owner = await session.scalar(
                delete(SignInLink)
                .where(SignInLink.hash == digest(credential), SignInLink.expires_at > self._clock.now())
                .returning(SignInLink.user_id)
            )
            row = None if owner is None else await session.scalar(select(User).where(User.id == owner))
        if row is None:
            raise SignInRefused
        return Identity(row.issuer, row.subject, row.name, row.display_name)

    async def remove_expired(self) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(SignInLink).where(SignInLink.expires_at <= self._clock.now()))


def link_address(site: str, secret: str) -> str:
    """The address to open. The secret is in the fragment, which browsers never send to a server."""
    scheme, netloc, *_ = urlsplit(site)
    return urlunsplit((scheme, netloc, "/sign-in", "", f"token={secret}"))
