"""The promises of `Database` on both back ends."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from beamdesk.gateway.portal.accounts.store import SignInLink, User
from beamdesk.gateway.storage import Database, new_id
from beamdesk.gateway.storage.database import normalised_url

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 891234, tzinfo=UTC)


def user(name: str, created_at: datetime = MOMENT) -> User:
    return User(
        id=new_id(),
        issuer="local",
        subject=name,
        name=name,
        display_name=name,
        is_admin=False,
        created_at=created_at,
        last_sign_in_at=None,
    )


async def names(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(User.name).order_by(User.name)))


async def test_a_transaction_is_kept_when_the_block_ends(database: Database) -> None:
    async with database.transaction() as session:
        session.add(user("marie"))
    assert await names(database) == ["marie"]


async def test_a_transaction_leaves_nothing_when_the_block_raises(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            session.add(user("marie"))
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await names(database) == []


async def test_a_cancelled_transaction_leaves_nothing_and_holds_nothing(database: Database) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as session:
            session.add(user("marie"))
            await session.flush()
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(write())
        await inside.wait()
        task.cancel()
    async with database.transaction() as session:
        session.add(user("irene"))
    assert await names(database) == ["irene"]


async def test_a_reading_session_cannot_write(database: Database) -> None:
    async def write() -> None:
        async with database.reading() as session:
            session.add(user("marie"))
            await session.flush()

    with pytest.raises(DBAPIError):
        await write()
    assert await names(database) == []


async def test_a_reading_session_sees_committed_work_while_another_one_writes(database: Database) -> None:
    async with database.transaction() as session:
        session.add(user("marie"))
        await session.flush()
        assert await names(database) == []
    assert await names(database) == ["marie"]


async def test_writers_of_one_process_wait_for_each_other(database: Database) -> None:
    async with database.transaction() as session:
        counter = user("counter")
        counter.display_name = "0"
        session.add(counter)
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(_count_up(database))
    async with database.reading() as session:
        assert await session.scalar(select(User.display_name)) == "20"


async def test_two_processes_can_write_to_one_database(database: Database, database_url: str) -> None:
    """As `beamdesk user add` does while the server runs."""
    other = Database(database_url)
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(10):
                group.create_task(_add(database, f"a{number}"))
                group.create_task(_add(other, f"b{number}"))
    finally:
        await other.close()
    assert len(await names(database)) == 20


async def test_two_processes_may_read_before_they_write(database: Database, database_url: str) -> None:
    """A transaction that begins by reading is not refused because another process wrote in the meantime."""
    async with database.transaction() as session:
        counter = user("counter")
        counter.display_name = "0"
        session.add(counter)
    other = Database(database_url)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(15):
                group.create_task(_count_up(database))
                group.create_task(_count_up(other))
    finally:
        await other.close()
    async with database.reading() as session:
        assert await session.scalar(select(User.display_name)) == "30"


async def _count_up(database: Database) -> None:
    async with database.transaction() as session:
        row = await session.scalar(select(User).with_for_update())
        assert row is not None
        row.display_name = str(int(row.display_name) + 1)


async def _add(database: Database, name: str) -> None:
    async with database.transaction() as session:
        session.add(user(name))


async def test_references_are_enforced(database: Database) -> None:
    orphan = SignInLink(hash="h", user_id=new_id(), created_at=MOMENT, expires_at=MOMENT)
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            session.add(orphan)


async def test_moments_come_back_exact_and_in_utc(database: Database) -> None:
    in_tokyo = MOMENT.astimezone(timezone(timedelta(hours=9)))
    async with database.transaction() as session:
        session.add(user("marie", created_at=in_tokyo))
    async with database.reading() as session:
        found = await session.scalar(select(User.created_at))
        earlier = MOMENT - timedelta(microseconds=1)
        assert await session.scalar(select(User.name).where(User.created_at > earlier)) == "marie"
        assert await session.scalar(select(User.name).where(User.created_at > in_tokyo)) is None
    assert found == MOMENT
    assert found is not None
    assert found.tzinfo is UTC


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = MOMENT.replace(tzinfo=None)
    with pytest.raises(StatementError, match="time zone"):
        async with database.transaction() as session:
            session.add(user("marie", created_at=naive))


async def test_sqlite_runs_as_configured(database: Database) -> None:
    if not database.is_embedded:
        async with database.reading() as session:
            assert await session.scalar(text("SHOW transaction_read_only")) == "on"
        return
    async with database.transaction() as session:
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await session.scalar(text("PRAGMA synchronous")) == 1
        assert await session.scalar(text("PRAGMA foreign_keys")) == 1
        assert await session.scalar(text("PRAGMA busy_timeout")) == 10_000


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:////tmp/x.sqlite3", "sqlite+aiosqlite"),
        ("postgresql://u:p@h:1/n", "postgresql+asyncpg"),
        ("postgres://u:p@h:1/n", "postgresql+asyncpg"),
        ("postgresql+psycopg://u:p@h:1/n", "postgresql+asyncpg"),
    ],
)
def test_addresses_get_our_drivers(url: str, driver: str) -> None:
    assert normalised_url(url).drivername == driver


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://h/n", "nonsense"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"database\.url"):
        normalised_url(url)


def test_ids_are_uuids_of_version_7_in_order() -> None:
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert [text[:13] for text in made] == sorted(text[:13] for text in made)
    parsed = [uuid.UUID(text) for text in made]
    assert {(item.version, item.variant) for item in parsed} == {(7, uuid.RFC_4122)}
