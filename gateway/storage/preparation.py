"""What `beamdesk serve` does to its database before anything else."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from beamdesk.gateway.storage.backup import back_up, default_target, remove_old_backups
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.lock import exclusive
from beamdesk.gateway.storage.migration import MigrationRefused, Standing, standing, upgrade

__all__ = ["DatabaseUnusable", "prepare"]

LOCK_SECONDS = 120
"""How long we wait for another process that upgrades the same file."""

_log = structlog.stdlib.get_logger(__name__)


class DatabaseUnusable(Exception):  # noqa: N818  (a state of something outside)
    """The database cannot be reached, or is none. The text is a sentence without secrets."""

    @classmethod
    def because(cls, error: Exception) -> Self:
        # The statement and its parameters, which SQLAlchemy adds, are no use here and may be secret.
        return cls(f"The database cannot be used: {getattr(error, 'orig', None) or error}")


async def prepare(database: Database, *, keep_backups: int) -> None:
    """Make *database* fit for this code.

    An embedded one is made where missing, and upgraded after a backup copy of it was taken. PostgreSQL is
    upgraded by an operator's decision only (`beamdesk db upgrade`), since other gateways may be running on
    it. Raises `MigrationRefused`, `DatabaseUnusable`, or OSError where the file cannot be made.
    """
    if database.is_embedded:
        await asyncio.to_thread(_make_file, database.path)
    try:
        await (_prepare_file(database, keep_backups) if database.is_embedded else _check(database))
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise DatabaseUnusable.because(error) from error


async def _check(database: Database) -> None:
    try:
        found = await standing(database)
    except OSError as error:
        raise DatabaseUnusable.because(error) from error
    if found is not Standing.CURRENT:
        raise MigrationRefused.because(found)


async def _prepare_file(database: Database, keep_backups: int) -> None:
    async with exclusive(_beside(database.path, ".lock"), seconds=LOCK_SECONDS):
        found = await standing(database)
        if found in {Standing.NEWER, Standing.FOREIGN}:
            raise MigrationRefused.because(found)
        if found is Standing.OLDER:
            copy = await back_up(database, default_target(database))
            _log.info("database backed up before its upgrade", copy=str(copy))
            await asyncio.to_thread(remove_old_backups, database, keep_backups)
        if found is not Standing.CURRENT:
            done = await upgrade(database)
            _log.info("database upgraded", before=done.before, after=done.after)


def _make_file(path: Path) -> None:
    """An empty file that only we can read; what is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
