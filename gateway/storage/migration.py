"""Brings a database to the revision that this code was written for. The way back is the backup copy."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from beamdesk.gateway.storage.database import Database, closing_engine, migration_engine

__all__ = [
    "MigrationRefused",
    "Standing",
    "Upgrade",
    "is_current",
    "standing",
    "upgrade",
    "write_revision",
]

_SCRIPTS = "beamdesk.gateway.storage:migrations"

_LOCK = 0x6265616D6465736B
"""Key of PostgreSQL's advisory lock: `beamdesk` in ASCII."""


class Standing(StrEnum):
    """How a database stands to this code."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


class MigrationRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """The database cannot be used or upgraded. The text is a sentence for the operator."""

    def __init__(self, standing: Standing, sentence: str) -> None:
        super().__init__(sentence)
        self.standing = standing

    @classmethod
    def because(cls, standing: Standing) -> "MigrationRefused":
        return cls(standing, _SENTENCES[standing])


_SENTENCES = {
    Standing.EMPTY: "The database has no tables yet: run `beamdesk db upgrade`.",
    Standing.OLDER: "The database is older than this version of Beamdesk: run `beamdesk db upgrade`.",
    Standing.NEWER: (
        "The database was made by a newer version of Beamdesk. Install that version, or restore a backup "
        "copy from before its upgrade."
    ),
    Standing.FOREIGN: "The database has tables that are not Beamdesk's: give Beamdesk a database of its own.",
}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did; both revisions are equal when there was nothing to do."""

    before: str | None
    after: str


async def standing(database: Database) -> Standing:
    """How *database* stands to this code. Raises what the driver raises when it cannot be reached."""
    await asyncio.to_thread(_revisions)
    async with database.reading() as session:
        connection = await session.connection()
        return await connection.run_sync(_standing)


async def is_current(database: Database) -> bool:
    """Whether *database* is at our revision: one cheap query, for readiness checks."""
    head = (await asyncio.to_thread(_revisions))[0]
    async with database.reading() as session:
        return bool(await session.scalar(text("SELECT version_num FROM alembic_version")) == head)


async def upgrade(database: Database) -> Upgrade:
    """Bring *database* to our revision, all steps or none; whoever comes second waits, then finds it done.

    Raises `MigrationRefused` for a newer or a foreign database.
    """
    if database.is_embedded:
        return await asyncio.to_thread(_upgrade_file, database)
    engine = create_async_engine(database.url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def write_revision(database: Database, message: str) -> None:
    """Write a script with what our tables have and the embedded *database* lacks."""
    with closing_engine(migration_engine(database.url)) as engine, engine.begin() as connection:
        command.revision(
            _config(connection), message, autogenerate=True, rev_id=f"{len(_revisions()) + 1:04}"
        )


@lru_cache(maxsize=1)
def _revisions() -> tuple[str, ...]:
    """The revisions that this code knows, the newest first. Reads the scripts at the first call."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _upgrade_file(database: Database) -> Upgrade:
    with closing_engine(migration_engine(database.url)) as engine, engine.begin() as connection:
        done = _upgrade(connection)
        # References are not enforced while tables are made anew: look before the commit.
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"the migration left rows without what they refer to: {broken[:5]}")
        return done


def _upgrade(connection: Connection) -> Upgrade:
    found = _standing(connection)
    if found in {Standing.NEWER, Standing.FOREIGN}:
        raise MigrationRefused.because(found)
    before = _revision(connection)
    if found is not Standing.CURRENT:
        command.upgrade(_config(connection), "head")
    return Upgrade(before, _revisions()[0])


def _standing(connection: Connection) -> Standing:
    revision = _revision(connection)
    if revision is None:
        return Standing.FOREIGN if inspect(connection).get_table_names() else Standing.EMPTY
    if revision == _revisions()[0]:
        return Standing.CURRENT
    return Standing.OLDER if revision in _revisions() else Standing.NEWER


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
