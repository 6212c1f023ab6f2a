"""Processes as the kernel lists them: told apart by start time, found by parent and by mark."""

import contextlib
import errno
import os
import signal
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["MARK", "ProcessIdentity", "end", "identify", "is_alive", "members", "reap", "send_signal"]

MARK = "BEAMDESK_MACHINE"
"""Environment variable that every process of a desktop inherits; its value is the machine's folder."""


class ProcessIdentity(NamedTuple):
    """A process id alone is used again by the kernel; with the start time it is unique until a reboot."""

    pid: int
    started: int
    """Clock ticks since the computer started: /proc/PID/stat, field 22 (proc(5))."""


def identify(pid: int) -> ProcessIdentity | None:
    """Who has *pid* now; None if nobody, or if only its exit status is left."""
    fields = _stat(pid)
    if fields is None or fields.state in "ZX":
        return None
    return ProcessIdentity(pid, fields.started)


def is_alive(process: ProcessIdentity) -> bool:
    return identify(process.pid) == process


def reap(process: ProcessIdentity) -> None:
    """Take the exit status of a process that ended as our child.

    A gateway that is process 1 of a container inherits the supervisors that it detached.
    """
    fields = _stat(process.pid)
    if fields is not None and fields == ("Z", os.getpid(), process.started):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)


def send_signal(process: ProcessIdentity, number: int) -> bool:
    """Signal exactly this process, never a later one with the same id. False if it is gone."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # The descriptor pins whoever has the id now; only then is it worth asking who that is.
        if not is_alive(process):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def members(mark: str, root: int | None = None) -> set[ProcessIdentity]:
    """All processes that carry *mark* or descend from *root* (which is left out), except the caller."""
    table = {pid: fields for pid in _pids() if (fields := _stat(pid)) is not None}
    wanted = f"{MARK}={mark}".encode()
    found = {pid for pid in table if wanted in _environment(pid)}
    if root is not None:
        found |= _descendants(table, root)
    found -= {root, os.getpid()}
    return {ProcessIdentity(pid, table[pid].started) for pid in found if table[pid].state not in "ZX"}


def end(processes: Iterable[ProcessIdentity], number: int) -> None:
    """Send a signal to each; those that are gone already do not matter."""
    for process in processes:
        try:
            send_signal(process, number)
        except PermissionError:
            # A program that changed its user; the cgroup or the operator has to end it.
            continue


class _Stat(NamedTuple):
    state: str
    parent: int
    started: int


def _stat(pid: int) -> _Stat | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold blanks and parentheses itself.
    fields = text[text.rindex(b")") + 2 :].split()
    return _Stat(fields[0].decode(), int(fields[1]), int(fields[19]))


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _environment(pid: int) -> tuple[bytes, ...]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return tuple(file.read().split(b"\0"))
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ESRCH, errno.EACCES, errno.EPERM, errno.EIO}:
            return ()
        raise


def _descendants(table: dict[int, _Stat], root: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid, fields in table.items():
        children.setdefault(fields.parent, []).append(pid)
    found: set[int] = set()
    waiting = [root]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found
