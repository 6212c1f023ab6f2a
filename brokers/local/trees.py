"""Removing folders that strangers filled: no link is followed, closed folders are opened."""

import contextlib
import os
import shutil
from pathlib import Path

__all__ = ["remove_tree"]


def remove_tree(path: Path) -> None:
    """Remove a folder and all in it; success if there is none. A link is removed, not what it shows to."""
    if path.is_symlink():
        path.unlink()
        return
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except PermissionError:
        # Some programs, such as Go's module cache, take the right to write away from their folders.
        _open_folders(path)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)


def _open_folders(path: Path) -> None:
    path.chmod(0o700)
    for _, folders, _, here in os.fwalk(path):
        for name in folders:
            # A path descriptor needs no right to read, and never shows through a link.
            descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            try:
                folder = Path(f"/proc/self/fd/{descriptor}")
                if folder.is_dir():
                    folder.chmod(0o700)
            finally:
                os.close(descriptor)
