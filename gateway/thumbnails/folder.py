"""Pictures as files. Everything here blocks: not for the event loop's thread."""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from beamdesk.gateway.tickets import InstanceId

__all__ = ["PictureFolder"]

_SUFFIX: Final = ".webp"
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class PictureFolder:
    """One file per instance, readable by the gateway's user only: they show people's screens."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def path_of(self, instance_id: InstanceId) -> Path:
        """Raises ValueError for an id that could lead out of the folder."""
        if not _SAFE_NAME.fullmatch(instance_id):
            raise ValueError(f"{instance_id!r} cannot be a file name")
        return self._path / f"{instance_id}{_SUFFIX}"

    def load(self) -> dict[InstanceId, bytes]:
        """All pictures of an earlier run; makes the folder, removes what a crash left half-written."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = {}
        for path in self._path.iterdir():
            if path.suffix == _SUFFIX and _SAFE_NAME.fullmatch(path.stem):
                found[InstanceId(path.stem)] = path.read_bytes()
            elif path.suffix == ".part":
                path.unlink(missing_ok=True)
        return found

    def write(self, instance_id: InstanceId, data: bytes) -> None:
        """Replace the picture at once or not at all."""
        final = self.path_of(instance_id)
        descriptor, name = tempfile.mkstemp(".part", dir=self._path)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as part:
                part.write(data)
            Path(name).replace(final)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def remove(self, instance_id: InstanceId) -> None:
        self.path_of(instance_id).unlink(missing_ok=True)
