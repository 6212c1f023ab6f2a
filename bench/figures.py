"""What a process costs, read from outside (Linux)."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]  # it ships no types

__all__ = ["cpu_seconds", "percentile", "private_bytes", "queued_bytes"]

_PER_PROCESS: Final = 2  # CPUCLOCK_SCHED (include/linux/posix-timers_types.h)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children that are alive, user and system, in nanosecond steps.

    The id of another process's CPU clock is made of its pid (clock_getcpuclockid(3)); `/proc` counts in
    hundredths of a second only.
    """
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return sum(time.clock_gettime(~member << 3 | _PER_PROCESS) for member in family)


def private_bytes(pid: int) -> int:
    """Proportional set size: shared libraries are counted once over all who use them."""
    return int(psutil.Process(pid).memory_full_info().pss)


def queued_bytes(port: int) -> tuple[int, int]:
    """Bytes that the kernel holds for TCP sockets of this machine: unsent or unacknowledged ones of sockets
    bound to *port*, and unread ones of sockets connected to *port*.
    """
    sending = reading = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        transmit, receive = (int(part, 16) for part in queues.split(":"))
        if int(local.split(":")[1], 16) == port:
            sending += transmit
        if int(remote.split(":")[1], 16) == port:
            reading += receive
    return sending, reading


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that *share* (0…1) of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
