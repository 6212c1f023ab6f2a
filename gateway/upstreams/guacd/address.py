"""Where guacd listens."""

from dataclasses import dataclass

from beamdesk.gateway.tickets import Target

__all__ = ["GuacdAddress"]


@dataclass(frozen=True, slots=True)
class GuacdAddress:
    """A guacd over TCP, under TLS where `tls` is set (guacd's options -C and -K)."""

    host: str
    port: int
    tls: bool = False
    tls_ca_file: str | None = None
    """Whom its certificate must come from; None: a CA that the system trusts."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def target(self) -> Target:
        """What `dial` takes."""
        return Target(host=self.host, port=self.port)
