"""What accounts say and are told over the API."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AccessTokenAnswer",
    "AccessTokens",
    "Me",
    "NewAccessToken",
    "NewAccessTokenAnswer",
    "Scope",
    "SignInAnswer",
    "SignInRequest",
    "SignIns",
]


class Scope(StrEnum):
    """How much an access token may do."""

    READ = "read"
    FULL = "full"


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class SignInRequest(_Asked):
    """The secret of a one-time sign-in link."""

    token: str = Field(min_length=1, max_length=200, repr=False)


class Me(_Told):
    """The person who asks."""

    id: str
    name: str
    display_name: str
    is_admin: bool
    csrf_token: str | None = Field(
        repr=False, description="To be sent as X-CSRF-Token with writes; null where an access token is used."
    )
    instance_limit: int = Field(description="Instances that this person may have at the same time.")


class SignInAnswer(_Told):
    """A browser in which this person is signed in."""

    id: str
    browser: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool = Field(description="Whether it is the one that asks.")


class SignIns(_Told):
    items: list[SignInAnswer]


class NewAccessToken(_Asked):
    """What a new access token is for."""

    name: str = Field(min_length=1, max_length=250)
    scope: Scope = Scope.FULL
    days: int | None = Field(
        default=None, ge=1, le=3650, description="Its life; null for the longest there is."
    )


class AccessTokenAnswer(_Told):
    """An access token without its secret."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class NewAccessTokenAnswer(AccessTokenAnswer):
    """A new access token; its secret is told this one time."""

    token: str = Field(repr=False)


class AccessTokens(_Told):
    items: list[AccessTokenAnswer]
