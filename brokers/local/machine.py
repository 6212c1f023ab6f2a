"""One machine as its folder on disk tells it."""

import fcntl
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from beamdesk.brokers.local.credentials import Passwords
from beamdesk.brokers.local.supervisor.launch import LOCK
from beamdesk.brokers.local.supervisor.state import RunState
from beamdesk.brokers.protocol import MachinePhase, MachineRef, MachineSpec, OperationKey

__all__ = ["Machine", "Reboot", "is_name", "lock", "short_name"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_DRAFTED = "The desktop is prepared."


@dataclass(frozen=True, slots=True)
class Reboot:
    """The last reboot that was asked for; it is done when the machine was started more often than *run*."""

    op: OperationKey
    run: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine and what its supervisor last said; `state` is None until it was first started."""

    folder: Path
    runtime: Path
    """Short path for its sockets; removed with the machine."""
    spec: MachineSpec
    reboot: Reboot | None
    state: RunState | None

    @property
    def ref(self) -> MachineRef:
        return MachineRef(self.folder.name)

    @property
    def phase(self) -> MachinePhase:
        return MachinePhase.PROVISIONING if self.state is None else MachinePhase(self.state.phase)

    @property
    def sentence(self) -> str:
        return _DRAFTED if self.state is None else self.state.sentence

    @property
    def run(self) -> int:
        """How often it was started."""
        return 0 if self.state is None else self.state.run

    @property
    def holds_capacity(self) -> bool:
        return self.phase not in {MachinePhase.STOPPED, MachinePhase.FAILED}

    @property
    def supervised(self) -> bool:
        return self.state is not None and self.state.supervised()

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def password_file(self) -> Path:
        return self.folder / "passwords"

    @property
    def authority_file(self) -> Path:
        """Who may speak to its X server."""
        return self.folder / "authority"

    @property
    def rfb_path(self) -> Path:
        return self.runtime / "rfb"

    @property
    def group(self) -> str:
        """Name of the machine's cgroups: no other machine on this computer has it."""
        return short_name(str(self.folder))

    def passwords(self) -> Passwords:
        return Passwords.from_file(self.password_file.read_bytes())


def is_name(text: str) -> bool:
    """Whether *text* can name a folder here: it cannot lead out, nor be hidden."""
    return _NAME.fullmatch(text) is not None


def short_name(text: str) -> str:
    """Sixteen characters that stand for *text* where paths must be short."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def lock(folder: Path) -> int | None:
    """The lock of a machine's folder as a descriptor to close, or None while a supervisor holds it.

    Raises FileNotFoundError where the folder is gone.
    """
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
