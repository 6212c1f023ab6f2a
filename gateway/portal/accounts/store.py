"""Tables of people and their sign-ins. Of every secret only the hash is stored."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from beamdesk.gateway.storage.base import Base, UtcDateTime

__all__ = ["AccessToken", "BrowserSession", "SignInLink", "User"]

ID = String(36)
HASH = String(64)


class User(Base):
    """A person, as the issuer of their identity knows them."""

    __tablename__ = "user"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    issuer: Mapped[str] = mapped_column(String(250))
    subject: Mapped[str] = mapped_column(String(250))
    name: Mapped[str] = mapped_column(String(250))
    """Short name, as in `marie`; the subject where the issuer is `local`."""
    display_name: Mapped[str] = mapped_column(String(250))
    is_admin: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInLink(Base):
    """A right to sign in once."""

    __tablename__ = "sign_in_link"

    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class BrowserSession(Base):
    """A browser that signed in."""

    __tablename__ = "browser_session"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    hash: Mapped[str] = mapped_column(HASH, unique=True)
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    idle_expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """Moves on with use; the session ends at this or at `expires_at`, whichever comes first."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    browser: Mapped[str] = mapped_column(String(250))
    """What the browser says it is, for the person to recognise it."""
    address: Mapped[str] = mapped_column(String(64))
    """Where it signed in from."""


class AccessToken(Base):
    """A program's way in."""

    __tablename__ = "access_token"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    hash: Mapped[str] = mapped_column(HASH, unique=True)
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(250))
    scope: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
