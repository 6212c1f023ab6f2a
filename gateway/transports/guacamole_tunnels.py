"""The open tunnels by their identifiers: what a browser shows when it wants a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from beamdesk.gateway.roles import Action
from beamdesk.gateway.upstreams.guacd.keeper import Keeper

__all__ = ["Tunnel", "Tunnels"]


class Tunnel(Protocol):
    """A viewer on the Guacamole lane."""

    tunnel_id: str
    keeper: Keeper | None

    @property
    def is_open(self) -> bool:
        """False from the moment on at which the viewer has to go."""
        ...

    def permits(self, action: Action) -> bool: ...


class Tunnels:
    """An identifier is a secret of 122 random bits that one browser was told, good as long as it is there."""

    def __init__(self) -> None:
        self._open: dict[str, Tunnel] = {}

    @contextmanager
    def opened(self, tunnel: Tunnel) -> Iterator[None]:
        """Known while the context lasts."""
        self._open[tunnel.tunnel_id] = tunnel
        try:
            yield
        finally:
            del self._open[tunnel.tunnel_id]

    def find(self, tunnel_id: str) -> Tunnel | None:
        tunnel = self._open.get(tunnel_id)
        return tunnel if tunnel is not None and tunnel.is_open else None
