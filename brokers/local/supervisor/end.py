"""Ends every process of a desktop: asked first, the server last, then by force."""

import contextlib
import os
import signal
import time
from collections.abc import Callable

from beamdesk.brokers.local.supervisor.processes import ProcessIdentity, end, members

__all__ = ["end_all", "forget_display"]

_PROGRAMS_SECONDS = 2.0
"""Editors save what they would lose; more is not worth a person's wait."""
_SERVER_SECONDS = 1.0
_FORCE_SECONDS = 3.0
_LOOK_SECONDS = 0.03


def end_all(mark: str, root: int | None, server: int | None, pause: Callable[[float], None]) -> bool:
    """End all members of a desktop; True when none is left.

    *pause* waits for some seconds and does what else has to go on, such as reaping children.
    """

    def programs() -> set[ProcessIdentity]:
        return {process for process in members(mark, root) if process.pid != server}

    def everything() -> set[ProcessIdentity]:
        return members(mark, root)

    for number, look, seconds in (
        (signal.SIGTERM, programs, _PROGRAMS_SECONDS),
        (signal.SIGTERM, everything, _SERVER_SECONDS),
        (signal.SIGKILL, everything, _FORCE_SECONDS),
    ):
        told: set[ProcessIdentity] = set()
        deadline = time.monotonic() + seconds
        while present := look():
            # New ones appear while the old ones end: each is told once, or for as long as it is by force.
            end(present if number == signal.SIGKILL else present - told, number)
            told |= present
            if time.monotonic() > deadline:
                break
            pause(_LOOK_SECONDS)
    return not everything()


def forget_display(display: str, server: int) -> None:
    """Remove the lock and the socket of a display whose server was ended by force."""
    number = display.removeprefix(":")
    lock = f"/tmp/.X{number}-lock"  # noqa: S108 - the X server's own place
    with contextlib.suppress(OSError, ValueError):
        with open(lock) as file:
            if int(file.read()) != server:
                return
        os.unlink(f"/tmp/.X11-unix/X{number}")  # noqa: S108 - the X server's own place
        os.unlink(lock)
