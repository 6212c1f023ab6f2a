"""All leases of one pool of machines, in one file."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beamdesk.brokers.fixed.lease import Lease

__all__ = ["Leases"]

_FORMAT = 1


class Leases:
    """The leases by machine: a machine has one at most. Every method blocks for a moment.

    Who changes them holds a lock of the kernel, so it holds between threads and processes and ends with
    whoever is killed. The file is replaced whole and is on the disk before a change counts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "leases.json"

    def read(self) -> dict[str, Lease]:
        """Raises OSError or ValueError where the file cannot be read: never takes it for empty."""
        try:
            content = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        match content:
            case {"format": 1, "leases": list(records)}:
                leases = [Lease.from_json(record) for record in records]
                return {lease.machine: lease for lease in leases}
        raise ValueError(f"{self._path} is not a file of leases in a format that is known")

    @contextmanager
    def changing(self) -> Iterator[dict[str, Lease]]:
        """The leases to change while nobody else does; kept when the block ends without an exception."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = self.read()
            after = dict(before)
            yield after
            if after != before:
                self._write(after)
        finally:
            os.close(descriptor)

    def _write(self, leases: dict[str, Lease]) -> None:
        for abandoned in self._folder.glob(".leases-*"):
            abandoned.unlink()
        records = [lease.to_json() for lease in leases.values()]
        content = json.dumps({"format": _FORMAT, "leases": records}, ensure_ascii=False, indent=1)
        descriptor, draft = tempfile.mkstemp(prefix=".leases-", dir=self._folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(self._path)
        self._sync_folder()

    def _sync_folder(self) -> None:
        """Else the new name may be lost with the power, and the machine lent twice."""
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
