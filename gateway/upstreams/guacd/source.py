"""Which guacd there is: one that runs elsewhere, one of our own, or none."""

from pathlib import Path
from typing import Protocol

import structlog

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.config.settings import GuacamoleSettings
from beamdesk.gateway.setup.guacd import default_folder
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.service import LocalGuacd

__all__ = ["GuacdSource", "RemoteGuacd", "find_guacd"]

_log = structlog.stdlib.get_logger(__name__)


class GuacdSource(Protocol):
    """A guacd to connect to."""

    def address(self) -> GuacdAddress:
        """Where it is now; raises `UpstreamFailed` while it is nowhere."""
        ...

    async def run(self) -> None:
        """See to it that it is there; may return at once where that is somebody else's business."""
        ...


class RemoteGuacd:
    """A guacd that the site runs."""

    def __init__(self, address: GuacdAddress) -> None:
        self._address = address

    def address(self) -> GuacdAddress:
        return self._address

    async def run(self) -> None:
        return


def find_guacd(settings: GuacamoleSettings, clock: Clock) -> GuacdSource | None:
    """The guacd of the configuration; None where there is none, and the lane stays closed.

    Looks at files: to be called before anything is served.
    """
    if not settings.enabled:
        return None
    if settings.host is not None:
        ca_file = None if settings.ca_file is None else str(settings.ca_file)
        return RemoteGuacd(GuacdAddress(settings.host, settings.port, settings.tls, ca_file))
    launcher = Path(settings.folder or default_folder(), "bin", "guacd")
    if not launcher.is_file():
        _log.info("no guacd: desktops are opened by RFB only", looked_for=str(launcher))
        return None
    return LocalGuacd(launcher, clock)
