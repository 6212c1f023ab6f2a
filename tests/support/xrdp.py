"""A real xrdp in front of a real X server, without systemd, PAM and sesman.

xrdp itself is a VNC client here: whoever connects gets the X server of `Xrdp.desktop` at once, whatever name
and password he gives. So RDP is real towards the test, and the X server tells what arrived.
"""

import contextlib
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from support.certificates import write_certificate
from support.ports import free_port, listens
from support.xrdp_channels import XrdpChannels
from support.xtigervnc import Xtigervnc

__all__ = ["Xrdp"]

_SOCKETS = (Path("/run/xrdp/sockdir"), Path("/run/xrdp"))
"""xrdp makes these for its channels."""
_ATTEMPTS = 5

_CONFIGURATION = """\
[Globals]
ini_version=1
fork=true
port=tcp://.:{port}
use_vsock=false
tcp_nodelay=true
tcp_keepalive=true
security_layer=negotiate
crypt_level=high
certificate={certificate}
key_file={key}
autorun=desktop
allow_channels=true
max_bpp=32

[Logging]
LogFile={folder}/xrdp.log
LogLevel=INFO
EnableSyslog=false

[Channels]
cliprdr=true
drdynvc=true
rdpdr=true
rdpsnd=true

[desktop]
name=desktop
lib=libvnc.so
username=
password=
ip=127.0.0.1
port={vnc_port}
"""
_WITH_CHANNELS = "chansrvport=DISPLAY({display})\n"


class Xrdp:
    """A machine that speaks RDP; use as a context manager."""

    def __init__(self, folder: Path, *, geometry: str = "640x480", channels: bool = False) -> None:
        """With *channels* its clipboard takes all of Unicode, else ISO 8859-1."""
        self.port = 0
        self.desktop = Xtigervnc(folder, "-SecurityTypes", "None", port=free_port(), geometry=geometry)
        self._channels = XrdpChannels(folder, self.desktop) if channels else None
        self._folder = folder
        self._made: list[Path] = []

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in self._folder.glob("xrdp.*") if path.suffix != ".ini")

    def __enter__(self) -> Self:
        self._made = [path for path in _SOCKETS if not path.exists()]
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.desktop)
            if self._channels is not None:
                stack.enter_context(self._channels)
            stack.callback(self.stop)
            for _ in range(_ATTEMPTS):  # somebody else may take the port first
                self.port = free_port()
                self._process = self._start()
                if listens(self._process, self.port):
                    self._stack = stack.pop_all()
                    return self
            raise AssertionError(self.log)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        for path in self._made:
            with contextlib.suppress(OSError):
                path.rmdir()

    def stop(self) -> None:
        """End it and all its sessions; the X server runs on."""
        if self._process.poll() is not None:
            return
        processes = [psutil.Process(self._process.pid)]
        processes += processes[0].children(recursive=True)
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        psutil.wait_procs(processes[1:], timeout=10)

    def _start(self) -> subprocess.Popen[bytes]:
        certificate, key = write_certificate(self._folder)
        configuration = self._folder / "xrdp.ini"
        template = _CONFIGURATION + (_WITH_CHANNELS if self._channels is not None else "")
        configuration.write_text(
            template.format(
                port=self.port,
                folder=self._folder,
                certificate=certificate,
                key=key,
                vnc_port=self.desktop.port,
                display=self.desktop.display.removeprefix(":"),
            )
        )
        with (self._folder / "xrdp.out").open("ab") as output:
            return subprocess.Popen(
                ["/usr/sbin/xrdp", "--nodaemon", "--config", str(configuration)],
                env={**os.environ, "HOME": str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
