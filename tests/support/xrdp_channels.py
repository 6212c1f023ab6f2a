"""xrdp's channel server for one X server: it knows the clipboard in all of Unicode."""

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from support.xtigervnc import Xtigervnc

__all__ = ["XrdpChannels"]

SOCKETS = Path("/run/xrdp/sockdir")
_PATIENCE = 20


class XrdpChannels:
    """Use as a context manager, while *desktop* runs."""

    def __init__(self, folder: Path, desktop: Xtigervnc) -> None:
        self._folder = folder
        self._desktop = desktop

    def __enter__(self) -> Self:
        SOCKETS.mkdir(parents=True, exist_ok=True)
        with (self._folder / "chansrv.out").open("wb") as output:
            self._process = subprocess.Popen(
                ["/usr/sbin/xrdp-chansrv"],
                env=self._desktop.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        path = SOCKETS / f"xrdp_chansrv_socket_{self._desktop.display.removeprefix(':')}"
        deadline = time.monotonic() + _PATIENCE
        while not path.exists():
            assert self._process.poll() is None, (self._folder / "chansrv.out").read_text(errors="replace")
            assert time.monotonic() < deadline, path
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE)
