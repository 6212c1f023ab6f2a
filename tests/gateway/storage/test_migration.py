"""From any earlier revision to the newest, on both back ends."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from beamdesk.gateway.storage import Database, migration
from beamdesk.gateway.storage.database import closing_engine, migration_engine
from beamdesk.gateway.storage.migration import MigrationRefused, Standing, standing, upgrade
from beamdesk.gateway.storage.migrations.comparison import OPTIONS
from beamdesk.gateway.storage.tables import Base


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> None:
    """An upgrade of PostgreSQL reads its scripts in the loop: `beamdesk db upgrade` does nothing else."""


async def run(database: Database, revision: str) -> None:
    """Go to a revision that is not the newest, as an earlier version of the code would have."""

    def step(connection: Connection) -> None:
        command.upgrade(migration._config(connection), revision)

    await on_connection(database, step)


async def on_connection(database: Database, act: object) -> object:
    assert callable(act)
    if database.is_embedded:
        with closing_engine(migration_engine(database.url)) as engine, engine.begin() as connection:
            return act(connection)
    engine = create_async_engine(database.url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(act)
    finally:
        await engine.dispose()


async def execute(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement))


async def test_the_migrations_make_the_tables_that_the_code_has(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={**OPTIONS, "target_metadata": Base.metadata})
        return compare_metadata(context, Base.metadata)

    assert await on_connection(database, differences) == []


async def test_an_empty_database_becomes_current(empty_database: Database) -> None:
    assert await standing(empty_database) is Standing.EMPTY
    done = await upgrade(empty_database)
    assert done.before is None
    assert await standing(empty_database) is Standing.CURRENT
    assert await migration.is_current(empty_database)


async def test_an_upgrade_of_a_current_database_changes_nothing(database: Database) -> None:
    done = await upgrade(database)
    assert done.before == done.after


async def test_an_upgrade_keeps_what_is_in_the_tables(empty_database: Database) -> None:
    await run(empty_database, "0001")
    assert await standing(empty_database) is Standing.OLDER
    await execute(
        empty_database,
        'INSERT INTO "user" (id, issuer, subject, name, display_name, is_admin, created_at) '
        "VALUES ('u1', 'local', 'marie', 'marie', 'Marie Skłodowska', true, '2026-01-02 03:04:05.000006')",
    )
    await execute(
        empty_database,
        "INSERT INTO sign_in_link (hash, user_id, created_at, expires_at) "
        "VALUES ('h1', 'u1', '2026-01-02 03:04:05', '2026-01-02 03:14:05')",
    )
    done = await upgrade(empty_database)
    assert done.before == "0001"
    async with empty_database.reading() as session:
        found = (await session.execute(text('SELECT name, display_name, is_admin FROM "user"'))).one()
        assert tuple(found) == ("marie", "Marie Skłodowska", True)
        assert await session.scalar(text("SELECT user_id FROM sign_in_link")) == "u1"


async def test_two_upgrades_at_once_make_one(empty_database: Database, empty_database_url: str) -> None:
    other = Database(empty_database_url)
    try:
        first, second = await asyncio.gather(upgrade(empty_database), upgrade(other))
    finally:
        await other.close()
    assert sorted([first.before is None, second.before is None]) == [False, True]
    assert await standing(empty_database) is Standing.CURRENT


async def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(empty_database, "0001")
    # The second step finds a table of its own name in its way, after it made others.
    await execute(empty_database, "CREATE TABLE ticket (x INTEGER)")
    with pytest.raises(Exception, match="ticket"):
        await upgrade(empty_database)
    assert await standing(empty_database) is Standing.OLDER
    async with empty_database.reading() as session:
        with pytest.raises(Exception, match="instance"):
            await session.execute(text("SELECT 1 FROM instance"))


async def test_a_newer_database_is_refused_with_a_sentence(database: Database) -> None:
    await execute(database, "UPDATE alembic_version SET version_num = '9999'")
    assert await standing(database) is Standing.NEWER
    assert not await migration.is_current(database)
    with pytest.raises(MigrationRefused, match="newer version of Beamdesk"):
        await upgrade(database)


async def test_a_foreign_database_is_left_alone(empty_database: Database) -> None:
    await execute(empty_database, "CREATE TABLE somebody_elses (x INTEGER)")
    with pytest.raises(MigrationRefused, match="database of its own"):
        await upgrade(empty_database)
    assert await standing(empty_database) is Standing.FOREIGN


async def test_a_table_that_is_made_anew_keeps_the_rows_that_refer_to_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite changes columns by copying the table and dropping the old one, which would cascade."""
    await execute(
        database,
        'INSERT INTO "user" (id, issuer, subject, name, display_name, is_admin, created_at) '
        "VALUES ('u1', 'local', 'marie', 'marie', 'Marie', true, '2026-01-02 03:04:05')",
    )
    await execute(
        database,
        "INSERT INTO sign_in_link (hash, user_id, created_at, expires_at) "
        "VALUES ('h1', 'u1', '2026-01-02 03:04:05', '2026-01-02 03:14:05')",
    )

    def change(connection: Connection) -> None:
        from alembic.operations import Operations  # noqa: PLC0415  (only here)

        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("user", recreate="auto") as batch:
            batch.alter_column("name", nullable=True)

    await on_connection(database, change)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM sign_in_link")) == 1


async def test_a_migration_that_breaks_references_is_rolled_back(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not empty_database.is_embedded:
        # PostgreSQL enforces references at every statement.
        return
    await run(empty_database, "0001")

    def careless(config: object, _target: str) -> None:
        connection = config.attributes["connection"]  # type: ignore[attr-defined]
        connection.exec_driver_sql("INSERT INTO sign_in_link VALUES ('h', 'nobody', '2026', '2026')")

    monkeypatch.setattr(migration.command, "upgrade", careless)
    with pytest.raises(RuntimeError, match="without what they refer to"):
        await upgrade(empty_database)
    async with empty_database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM sign_in_link")) == 0
