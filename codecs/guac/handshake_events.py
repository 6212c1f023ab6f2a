"""What the handshake with guacd reports."""

from dataclasses import dataclass
from typing import NewType, TypeAlias

from beamdesk.codecs.guac.status import Status

__all__ = [
    "ArgumentsRequested",
    "ClientHandshakeEvent",
    "ConnectionId",
    "ParametersRequired",
    "ProtocolVersion",
    "Ready",
    "Refused",
]

ConnectionId = NewType("ConnectionId", str)
"""How others join a running connection: `$` and a UUID."""


@dataclass(frozen=True, slots=True, order=True)
class ProtocolVersion:
    """Guacamole protocol reference, "Protocol versions". 1.0.0 is any guacd that does not say."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"VERSION_{self.major}_{self.minor}_{self.patch}"


@dataclass(frozen=True, slots=True)
class ArgumentsRequested:
    """The server named its parameters; the answer to it is on its way."""

    server_version: ProtocolVersion
    version: ProtocolVersion
    """What both sides speak from now on."""
    names: tuple[str, ...]
    unused: frozenset[str]
    """Parameters that were given and that this server does not know."""


@dataclass(frozen=True, slots=True)
class ParametersRequired:
    """The server lacks these parameters and waits: answer with `prompts.answer`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """The connection exists, or was joined; drawing follows."""

    connection_id: ConnectionId
    version: ProtocolVersion


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not go on; the handshake is over."""

    status: Status
    message: str
    """The server's own words, for the log."""


ClientHandshakeEvent: TypeAlias = ArgumentsRequested | ParametersRequired | Ready | Refused
