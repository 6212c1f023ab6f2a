"""What the gateway proves itself with towards a desktop, and what it accepts from one."""

from dataclasses import dataclass, field
from typing import Final

from beamdesk.codecs.rfb.constants import SecurityType

__all__ = ["Credentials", "SecurityPolicy"]

_ORDER: Final = (
    SecurityType.NONE,
    SecurityType.VNC_AUTHENTICATION,
    SecurityType.X509_NONE,
    SecurityType.X509_VNC,
    SecurityType.X509_PLAIN,
    SecurityType.TLS_NONE,
    SecurityType.TLS_VNC,
    SecurityType.TLS_PLAIN,
    SecurityType.PLAIN,
)

_PASSWORD = frozenset(
    {SecurityType.VNC_AUTHENTICATION, SecurityType.TLS_VNC, SecurityType.X509_VNC},
)
_USERNAME_AND_PASSWORD = frozenset({SecurityType.PLAIN, SecurityType.TLS_PLAIN, SecurityType.X509_PLAIN})


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name (Plain subtypes) and a password; neither is shown by `repr`.

    VncAuth uses the first eight bytes of the password's UTF-8 form (RFC 6143, section 7.2.2).
    """

    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def suffice_for(self, security_type: SecurityType) -> bool:
        if security_type in _PASSWORD:
            return self.password is not None
        if security_type in _USERNAME_AND_PASSWORD:
            return self.username is not None and self.password is not None
        return True


@dataclass(frozen=True, slots=True)
class SecurityPolicy:
    """Which security types are acceptable, the preferred first; VeNCrypt follows from its subtypes.

    The default takes what costs least, for desktops on the same machine or a private network.
    """

    order: tuple[SecurityType, ...] = _ORDER

    @classmethod
    def encrypted(cls) -> "SecurityPolicy":
        """Only types under TLS with a certificate that the shell verifies."""
        return cls((SecurityType.X509_NONE, SecurityType.X509_VNC, SecurityType.X509_PLAIN))
