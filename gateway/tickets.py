"""The wall between the portal and the streams: a verified ticket is all that a stream knows of people.

The portal issues tickets and decides who may have one; the stream plane redeems them through
`TicketOffice` and never asks anything else about users, plans or brokers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from beamdesk.gateway.roles import Action, Role, may

__all__ = ["InstanceId", "Stream", "Target", "Ticket", "TicketOffice", "TicketRefused", "UserId"]

UserId = NewType("UserId", str)
InstanceId = NewType("InstanceId", str)


class Stream(StrEnum):
    """The protocol that a ticket opens towards the browser."""

    RFB = "rfb"
    GUACAMOLE = "guacamole"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the gateway finds the desktop, and what it signs in with.

    Exactly one of `unix_path` and `host`/`port` is set. `password` opens the desktop with full
    rights, `view_only_password` (where the desktop has one) makes the desktop itself refuse input.
    """

    unix_path: str | None = None
    host: str | None = None
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    view_only_password: str | None = field(default=None, repr=False)
    tls_ca_file: str | None = None
    protocol: str = "rfb"
    """What the machine speaks there: `rfb`, `ssh`, `rdp`, `telnet`."""
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further parameters for guacd, with tokens (`${NAME}`) in them. They come from the operator alone."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the tokens in `parameters` stand for."""
    width: int = 1280
    height: int = 800
    """Pixels of the desktop, as long as nobody who may resize it says otherwise."""
    keyboard: str = "us"
    """XKB layout with optional variant, as in `de` or `ch(fr)`."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A right that was verified and used up: who may open which stream of which session, as what."""

    user_id: UserId
    user_name: str
    instance_id: InstanceId
    role: Role
    stream: Stream
    target: Target
    sign_in: str
    """Identifies the browser session or access token that asked; ending it ends its viewers."""
    expires_at: datetime
    withheld: frozenset[Action] = frozenset()
    """What nobody may do with this desktop, whatever the role: the policy of its plan."""

    def permits(self, action: Action) -> bool:
        """Whether its bearer may do *action*."""
        return may(self.role, action, self.withheld)


class TicketRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """The ticket opens nothing. The peer is not told which of the reasons it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """For the log: `unknown`, `expired`, `used`, `stream`, `origin`, `signed-out`, `role`, `state`."""


class TicketOffice(Protocol):
    """What the stream plane needs of the portal."""

    async def redeem(self, secret: str, stream: Stream, origin: str | None) -> Ticket:
        """Use up the ticket *secret*; checks everything again live. Raises `TicketRefused`."""
        ...
