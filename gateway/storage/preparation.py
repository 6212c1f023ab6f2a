"""What `beamdesk serve` does to its database before anything else."""

import asyncio
import os
from pathlib import Path

import structlog

from beamdesk.gateway.storage.backup import back_up, default_target, remove_old_backups
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.lock import exclusive
from beamdesk.gateway.storage.migration import MigrationRefused, Standing, standing, upgrade

__all__ = ["prepare"]

LOCK_SECONDS = 120
"""How long we wait for another process that upgrades the same file."""

_log = structlog.stdlib.get_logger(__name__)


async def prepare(database: Database, *, keep_backups: int) -> None:
    """Make *database* fit for this code.

    An embedded one is made where missing, and upgraded after a backup copy of it was taken. PostgreSQL is
    upgraded by an operator's decision only (`beamdesk db upgrade`), since other gateways may be running on
    it. Raises `MigrationRefused`.
    """
    if not database.is_embedded:
        found = await standing(database)
        if found is not Standing.CURRENT:
            raise MigrationRefused.because(found)
        return
    await asyncio.to_thread(_make_file, database.path)
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
