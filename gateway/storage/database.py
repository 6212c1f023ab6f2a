"""Sessions on the database."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

__all__ = ["Database", "closing_engine", "migration_engine", "normalised_url"]

BUSY_SECONDS = 10
"""How long SQLite waits for another process (`beamdesk user add` while the server runs) to finish writing."""

MIGRATION_SECONDS = 120
"""How long an upgrade waits for another one of the same file."""

SQLITE_READERS = 4
"""Readers never wait for the writer in WAL mode; each costs a thread."""


class Database:
    """One database, opened lazily: nothing is touched before the first session.

    A session given by `transaction` writes, one given by `reading` cannot. SQLite has one writer at a
    time, so a transaction must not be opened while the same task holds another one.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = normalised_url(url)
        if self.is_embedded:
            self._writer, self._reader = _sqlite_writer(self.url), _sqlite_reader(self.url)
        else:
            self._writer = create_async_engine(
                self.url, pool_size=pool_size, max_overflow=0, pool_pre_ping=True
            )
            self._reader = self._writer.execution_options(postgresql_readonly=True)
        self._writing = async_sessionmaker(self._writer, expire_on_commit=False)
        self._reading = async_sessionmaker(self._reader, expire_on_commit=False)

    @property
    def is_embedded(self) -> bool:
        """Whether this is a SQLite file, which no other host can share."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """The file of an embedded database."""
        if not self.is_embedded or self.url.database is None:
            raise ValueError("only an embedded database is a file")
        return Path(self.url.database)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed when the block ends and rolled back when it raises."""
        async with self._writing() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session on one consistent state; writes in it are refused by the database."""
        async with self._reading() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self._writer.dispose()


def normalised_url(url: str) -> URL:
    """*url* with our driver. Raises ValueError for databases that are not supported."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("database.url: this is not the address of a database") from None
    match parsed.get_backend_name():
        case "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError("database.url: an embedded database needs a file: sqlite:///path/to/file")
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+asyncpg")
        case other:
            raise ValueError(f"database.url: {other!r} is not supported; use sqlite:/// or postgresql://")


def migration_engine(url: URL) -> Engine:
    """A synchronous engine for one upgrade of a SQLite file; it waits long for another upgrade.

    References are not enforced: SQLite changes a table by making it anew, and dropping the old copy would
    delete the rows that refer to it.
    """
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=NullPool,
        connect_args={"isolation_level": None, "timeout": MIGRATION_SECONDS},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "connect", _ignore_references)
    event.listen(engine, "begin", _begin_immediate)
    return engine


@contextmanager
def closing_engine(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _sqlite_writer(url: URL) -> AsyncEngine:
    # One connection: writers of this process queue here, in order, instead of polling SQLite's lock.
    engine = create_async_engine(
        url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
    )
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _sqlite_reader(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=SQLITE_READERS,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
    )
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "connect", _forbid_writes)
    event.listen(engine.sync_engine, "begin", _begin_deferred)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _forbid_writes(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _ignore_references(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that reads before it writes can fail with SQLITE_BUSY in the middle.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
