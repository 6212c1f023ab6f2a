"""Servers on TCP ports of this computer."""

import contextlib
import socket
import subprocess
import time

__all__ = ["START_SECONDS", "free_port", "listens"]

START_SECONDS = 15


def free_port() -> int:
    """A port that nobody has at the moment; somebody may take it before it is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until *process* takes connections on *port*; False where it ends before."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.02)
    return False
