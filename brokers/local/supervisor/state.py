"""What a supervisor last said of its desktop, and whether it can still be true."""

import contextlib
import json
import os
from typing import NamedTuple

from beamdesk.brokers.local.supervisor.processes import ProcessIdentity, is_alive

__all__ = ["BOOTING", "FAILED", "RUNNING", "STOPPED", "STOPPING", "RunState", "boot_id", "read", "write"]

# The words of `MachinePhase`; the supervisor cannot import it (see __init__.py).
BOOTING = "booting"
RUNNING = "running"
STOPPING = "stopping"
STOPPED = "stopped"
FAILED = "failed"

_NAME = "state.json"


class RunState(NamedTuple):
    """One entry in the life of a desktop; `run` counts how often it was started."""

    phase: str
    sentence: str
    pid: int
    started: int
    boot_id: str
    run: int
    display: str = ""

    @property
    def supervisor(self) -> ProcessIdentity:
        return ProcessIdentity(self.pid, self.started)

    def supervised(self) -> bool:
        """Whether the supervisor that wrote this is still there."""
        return self.boot_id == boot_id() and is_alive(self.supervisor)

    def as_seen_now(self) -> "RunState":
        """Corrected where the supervisor died without a last word."""
        if self.phase in {STOPPED, FAILED} or self.supervised():
            return self
        if self.boot_id != boot_id():
            return self._replace(phase=STOPPED, sentence="The computer was restarted.")
        return self._replace(phase=FAILED, sentence="The desktop's processes ended unexpectedly.")


def boot_id() -> str:
    """Differs after each start of the computer; start times of processes compare within one only."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def read(folder: str) -> RunState | None:
    """The last state, or None where the desktop was never started."""
    try:
        with open(f"{folder}/{_NAME}") as file:
            return RunState(**json.load(file))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        # Torn by a power cut: nothing of that run is alive.
        return RunState(STOPPED, "The computer was restarted.", 0, 0, "", 0)


def write(folder: str, state: RunState) -> None:
    """Replace the state in one step: a reader sees the old one or the new one."""
    draft = f"{folder}/.{_NAME}.{os.getpid()}"
    try:
        with open(draft, "w") as file:
            json.dump(state._asdict(), file)
        os.replace(draft, f"{folder}/{_NAME}")
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        raise
