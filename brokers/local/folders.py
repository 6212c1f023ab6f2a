"""The machines of one deployment on disk: a folder each, made and removed in one step.

Everything here blocks for a moment and is called in a thread.
"""

import contextlib
import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from beamdesk.brokers.local.credentials import Passwords
from beamdesk.brokers.local.machine import Machine, Reboot, is_name, short_name
from beamdesk.brokers.local.supervisor import state
from beamdesk.brokers.local.trees import remove_tree
from beamdesk.brokers.protocol import MachineRef, MachineSpec, OperationKey, Screen

__all__ = ["MachineFolders"]

_RECORD = "machine.json"
_SKELETON = Path("/etc/skel")
_LONGEST_SOCKET_PATH = 107
"""sun_path holds 108 bytes with its end (unix(7))."""
_SHORT = Path("/tmp")  # noqa: S108 - `prepare` refuses what somebody else made there
"""Not TMPDIR: a gateway that is started with another one would not find its desktops' sockets."""
_LONGEST_IN_RUNTIME = len("/0123456789abcdef/session/bus")


class MachineFolders:
    """Finds, makes and removes machines. A ref that could lead out of the folder does not exist here."""

    def __init__(self, folder: Path, runtime: Path | None, deployment: str) -> None:
        if not is_name(deployment):
            raise ValueError(
                f"a deployment's name has letters, digits, '.', '_' and '-' only: {deployment!r}"
            )
        self.folder = folder.absolute() / deployment
        self.runtime = runtime.absolute() if runtime is not None else _runtime_for(self.folder)

    @property
    def sockets_fit(self) -> bool:
        return _fits(self.runtime)

    def prepare(self) -> None:
        """Make the folders, for nobody else to look into."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.runtime.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            # Whoever made this folder first could answer for our desktops.
            raise PermissionError(f"{self.runtime} must be a folder that only this user can write")

    def folder_of(self, ref: MachineRef) -> Path | None:
        """The machine's folder, readable or not; never a link to somewhere else."""
        if not is_name(ref):
            return None
        folder = self.folder / ref
        try:
            return folder if stat.S_ISDIR(folder.lstat().st_mode) else None
        except FileNotFoundError:
            return None

    def find(self, ref: MachineRef) -> Machine | None:
        """The machine, or None. Raises OSError or ValueError where its folder cannot be read."""
        folder = self.folder_of(ref)
        if folder is None:
            return None
        try:
            record = json.loads((folder / _RECORD).read_bytes())
            last = state.read(str(folder))
        except FileNotFoundError:
            return None
        try:
            spec = MachineSpec(**{**record["spec"], "screen": Screen(**record["spec"]["screen"])})
            reboot = Reboot(**record["reboot"]) if record["reboot"] else None
        except (KeyError, TypeError) as error:
            raise ValueError(f"{folder / _RECORD} is not a machine's record: {error!r}") from error
        runtime = self.runtime / short_name(str(folder))
        return Machine(folder, runtime, spec, reboot, last.as_seen_now() if last else None)

    def refs(self) -> list[MachineRef]:
        """The folders that can be machines; drafts and remains are hidden ones."""
        try:
            with os.scandir(self.folder) as entries:
                return sorted(
                    MachineRef(entry.name)
                    for entry in entries
                    if is_name(entry.name) and entry.is_dir(follow_symlinks=False)
                )
        except FileNotFoundError:
            return []

    def make(self, spec: MachineSpec, seed: Path) -> None:
        """Make the machine's folder with a home grown from *seed*; there is none yet.

        It gets its name when it is whole: a crash leaves a draft, never half a machine. The caller
        holds the lock of `capacity`, so drafts that are there belong to nobody.
        """
        for abandoned in self.folder.glob(".new-*"):
            remove_tree(abandoned)
        final = self.folder / spec.instance_id
        draft = Path(tempfile.mkdtemp(prefix=f".new-{spec.instance_id}-", dir=self.folder))
        try:
            _grow_home(draft / "home", seed)
            (draft / "passwords").touch(mode=0o600)
            (draft / "passwords").write_bytes(Passwords.random().to_file())
            (draft / _RECORD).write_text(json.dumps({"spec": asdict(spec), "reboot": None}))
            draft.rename(final)
        finally:
            remove_tree(draft)

    def note_reboot(self, machine: Machine, op: OperationKey) -> Machine:
        """Remember that *op* asked for a reboot of the machine as it runs now."""
        reboot = Reboot(op, machine.run)
        draft = machine.folder / f".{_RECORD}.{os.getpid()}"
        draft.write_text(json.dumps({"spec": asdict(machine.spec), "reboot": asdict(reboot)}))
        draft.replace(machine.folder / _RECORD)
        return replace(machine, reboot=reboot)

    def remove(self, folder: Path) -> None:
        """Take the machine's name away at once, then what was in it. The caller holds its lock."""
        doomed = Path(tempfile.mkdtemp(prefix=f".gone-{folder.name}-", dir=self.folder))
        folder.rename(doomed / "machine")
        remove_tree(doomed)
        self.remove_remains(MachineRef(folder.name))

    def remove_remains(self, ref: MachineRef) -> None:
        """What a crash left of making or removing this machine."""
        if is_name(ref):
            for kind in ("new", "gone"):
                for left in self.folder.glob(f".{kind}-{ref}-*"):
                    remove_tree(left)
            remove_tree(self.runtime / short_name(str(self.folder / ref)))

    def tidy(self) -> None:
        """Leave no empty folder of sockets behind."""
        with contextlib.suppress(OSError):
            self.runtime.rmdir()

    @contextlib.contextmanager
    def capacity(self) -> Iterator[None]:
        """Held while machines are counted and one more is started; other processes wait too."""
        descriptor = os.open(self.folder / ".capacity", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _grow_home(home: Path, seed: Path) -> None:
    """What this computer gives every new user, then what we do; hidden names do not survive packaging."""
    home.mkdir(mode=0o700)
    for source, target in (
        (_SKELETON, home),
        (seed / "config", home / ".config"),
        (seed / "Desktop", home / "Desktop"),
    ):
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    for name in ("Desktop", "Documents", "Downloads"):
        (home / name).mkdir(exist_ok=True)


def _runtime_for(folder: Path) -> Path:
    inside = folder / ".run"
    if _fits(inside):
        return inside
    return _SHORT / f"beamdesk-{os.geteuid()}-{short_name(str(folder))}"


def _fits(runtime: Path) -> bool:
    return len(os.fsencode(runtime)) + _LONGEST_IN_RUNTIME <= _LONGEST_SOCKET_PATH
