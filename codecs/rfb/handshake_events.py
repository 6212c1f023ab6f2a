"""What the handshakes report."""

from dataclasses import dataclass
from typing import TypeAlias

from beamdesk.codecs.rfb.constants import SecurityType
from beamdesk.codecs.rfb.pixel_format import PixelFormat

__all__ = ["Authenticated", "ClientHandshakeEvent", "ClientInitReceived", "ServerInit", "StartTls"]


@dataclass(frozen=True, slots=True)
class StartTls:
    """The shell upgrades the socket now, then calls `tls_started`.

    `anonymous` (subtypes TLS…): no certificate, so no protection against a man in the middle; the shell
    needs anonymous Diffie-Hellman cipher suites and TLS 1.2. Otherwise (X509…) it verifies the certificate.
    """

    anonymous: bool


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The desktop let us in, by this security type. It waits for `send_client_init`."""

    security_type: SecurityType


@dataclass(frozen=True, slots=True)
class ServerInit:
    """The desktop's size in pixels, pixel format and name (RFC 6143, section 7.3.2).

    `raw` is the message as it came, to be passed on to a viewer.
    """

    width: int
    height: int
    pixel_format: PixelFormat
    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class ClientInitReceived:
    """The viewer is ready for ServerInit. `shared`: other viewers of the desktop may stay."""

    shared: bool


ClientHandshakeEvent: TypeAlias = StartTls | Authenticated | ServerInit
