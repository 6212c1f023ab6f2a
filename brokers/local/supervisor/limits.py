"""What a desktop may use: a cgroup of its own where one can be made, limits per process elsewhere.

Nothing here fails: a computer without writable cgroups runs desktops too, with weaker limits.
"""

import contextlib
import os
import resource
from typing import NamedTuple

from beamdesk.brokers.local.supervisor.plan import LimitPlan

__all__ = ["Limits", "Places", "enclose", "places", "remove"]

_ROOT = "/sys/fs/cgroup"
_PARENT = "beamdesk"
_CPU_PERIOD = 100_000
_OUT_OF_MEMORY_SCORE = "300"
"""Under memory pressure the kernel ends programs of a desktop before the gateway."""


class Places(NamedTuple):
    """Folders in which cgroups for desktops can be made."""

    unified: str | None
    """cgroup version 2, with all controllers in one tree."""
    memory: str | None = None
    """Version 1 has a tree per controller."""
    pids: str | None = None
    cpu: str | None = None


class Limits(NamedTuple):
    """What was set up for one desktop."""

    folders: tuple[str, ...]
    """The cgroups to join."""
    memory_per_process: int | None
    sentence: str

    def join(self) -> None:
        """Put the calling process under these limits (called between fork and exec)."""
        _write("/proc/self/oom_score_adj", _OUT_OF_MEMORY_SCORE)
        for folder in self.folders:
            _write(f"{folder}/cgroup.procs", "0")
        if self.memory_per_process is not None:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            wanted = self.memory_per_process
            if hard != resource.RLIM_INFINITY:
                wanted = min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def places() -> Places:
    """Where this process can make cgroups; tried by making the common parent folder."""
    own = _own_groups()
    unified = _usable_unified(own.get("", "/"))
    if unified is not None:
        return Places(unified)
    found = {name: _usable(f"{_ROOT}/{name}", own.get(name, "/")) for name in ("memory", "pids", "cpu")}
    return Places(None, found["memory"], found["pids"], found["cpu"])


def enclose(name: str, plan: LimitPlan) -> Limits:
    """Make the cgroups of the desktop *name* with the limits of *plan*."""
    wanted = {
        "memory": None if plan.memory_bytes is None else str(plan.memory_bytes),
        "pids": None if plan.pids is None else str(plan.pids),
        "cpu": None if plan.cpus is None else str(int(plan.cpus * _CPU_PERIOD)),
    }
    where = places()
    folders: list[str] = []
    kept: list[str] = []
    for controller, value in wanted.items():
        parent = where.unified or getattr(where, controller)
        if value is None or parent is None:
            continue
        folder = f"{parent}/{name}"
        if _limit(folder, controller, value, unified=where.unified is not None):
            kept.append(controller)
            if folder not in folders:
                folders.append(folder)
    fallback = plan.memory_bytes if "memory" not in kept else None
    if not kept:
        return Limits((), fallback, "No cgroup can be made here: memory is limited per process.")
    version = "2" if where.unified else "1"
    return Limits(tuple(folders), fallback, f"Limited by cgroup version {version}: {', '.join(kept)}.")


def remove(name: str) -> None:
    """Take the cgroups of a desktop away; they must be empty."""
    for parent in places():
        if parent is not None:
            with contextlib.suppress(OSError):
                os.rmdir(f"{parent}/{name}")


def _limit(folder: str, controller: str, value: str, *, unified: bool) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return False
    match controller, unified:
        case "memory", True:
            return _write(f"{folder}/memory.max", value)
        case "memory", False:
            return _write(f"{folder}/memory.limit_in_bytes", value)
        case "cpu", True:
            return _write(f"{folder}/cpu.max", f"{value} {_CPU_PERIOD}")
        case "cpu", False:
            return _write(f"{folder}/cpu.cfs_quota_us", value)
        case _:
            return _write(f"{folder}/pids.max", value)


def _own_groups() -> dict[str, str]:
    """Path of this process by controller; version 2 has the empty name (cgroups(7))."""
    groups = {}
    with contextlib.suppress(OSError), open("/proc/self/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            for controller in controllers.split(","):
                groups[controller] = path
    return groups


def _usable_unified(own: str) -> str | None:
    """A folder in the tree of version 2 whose children get controllers.

    A group with processes of its own cannot give controllers to children (cgroups(7), "no internal
    processes"), so beside our own group the one above is tried (as systemd's DelegateSubgroup= leaves
    it to a service) and the root, which is exempt.
    """
    if not os.path.exists(f"{_ROOT}/cgroup.controllers"):
        return None
    here = f"{_ROOT}{own}".rstrip("/")
    for above in dict.fromkeys((here, os.path.dirname(here), _ROOT)):
        if not above.startswith(_ROOT) or not os.access(above, os.W_OK):
            continue
        folder = f"{above}/{_PARENT}"
        with contextlib.suppress(OSError):
            os.makedirs(folder, exist_ok=True)
            for giver in (above, folder):
                for controller in ("memory", "pids", "cpu"):
                    _write(f"{giver}/cgroup.subtree_control", f"+{controller}")
            if os.path.exists(f"{folder}/memory.max"):
                return folder
            os.rmdir(folder)
    return None


def _usable(root: str, own: str) -> str | None:
    # In a container the path can be the host's and not exist here: then the root is our own.
    for above in (f"{root}{own}".rstrip("/"), root):
        if os.path.isdir(above):
            folder = f"{above}/{_PARENT}"
            with contextlib.suppress(OSError):
                os.makedirs(folder, exist_ok=True)
                if os.access(folder, os.W_OK):
                    return folder
            return None
    return None


def _write(path: str, text: str) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(descriptor, text.encode())
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
