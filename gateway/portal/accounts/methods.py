"""The seam for ways to sign in: whatever proves an identity stands behind `SignInMethod`."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["LOCAL_ISSUER", "Identity", "SignInMethod", "SignInRefused"]

LOCAL_ISSUER = "local"
"""Issuer of the people that this Beamdesk itself knows."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, according to *issuer*. (issuer, subject) never changes; the names may."""

    issuer: str
    subject: str
    name: str
    display_name: str


class SignInRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """The credential proves nothing. The person is not told which of the reasons it was."""


class SignInMethod(Protocol):
    """Proves identities. Two at once with the same credential: one is identified, the other refused."""

    async def identify(self, credential: str) -> Identity:
        """Use up *credential*; raises `SignInRefused`."""
        ...
