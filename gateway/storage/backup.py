"""Backup copies of an embedded database, taken while it is in use."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from beamdesk.gateway.storage.base import utc_now
from beamdesk.gateway.storage.database import Database

__all__ = ["back_up", "backups_of", "default_target", "remove_old_backups"]

_SUFFIX = ".backup"


async def back_up(database: Database, target: Path) -> Path:
    """Copy an embedded database to *target*, which must not exist; gives *target*.

    The copy is one consistent state and appears under its name only when it is whole. Raises
    `FileExistsError`, `OSError` or `sqlite3.Error`.
    """
    await asyncio.to_thread(_copy, database.path, target)
    return target


def default_target(database: Database, moment: datetime | None = None) -> Path:
    """Where the next copy goes: beside the database, named by the moment."""
    stamp = (moment or utc_now()).strftime("%Y%m%dT%H%M%S.%fZ")
    return database.path.with_name(f"{database.path.name}.{stamp}{_SUFFIX}")


def backups_of(database: Database) -> list[Path]:
    """The copies beside the database, the oldest first."""
    return sorted(database.path.parent.glob(f"{database.path.name}.*{_SUFFIX}"))


def remove_old_backups(database: Database, keep: int) -> list[Path]:
    """Remove all but the newest *keep* copies; gives the removed ones."""
    removed = backups_of(database)[:-keep]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def _copy(source: Path, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    # Made by us with the right mode before SQLite writes to it: whoever reads the copy reads the database.
    os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(partial)) as copy:
            origin.backup(copy)
            # The copy would otherwise want files of its own beside it when it is opened.
            copy.execute("PRAGMA journal_mode=DELETE")
        _synchronise(partial)
        # A link, unlike a rename, fails when the name is taken.
        os.link(partial, target)
        _synchronise(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
