"""One at a time, across processes: a lock that the operating system lets go of when its holder dies."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

__all__ = ["LockHeld", "exclusive"]

POLL_SECONDS = 0.1


class LockHeld(Exception):  # noqa: N818  (a state, not a fault)
    """Another process holds the lock and did not let go in time."""


@asynccontextmanager
async def exclusive(path: Path, *, seconds: float) -> AsyncIterator[None]:
    """Hold the lock file *path* for the length of the block; the file stays behind, empty.

    Raises `LockHeld` after having waited *seconds* (0: at once).
    """
    descriptor = await asyncio.to_thread(os.open, path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        deadline = asyncio.get_running_loop().time() + seconds
        while not _take(descriptor):
            if asyncio.get_running_loop().time() >= deadline:
                raise LockHeld(str(path))
            # Waiting inside of flock would need a thread that nobody can cancel.
            await asyncio.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
