"""What the server does to its database when it starts, also when it dies in the middle or starts twice."""

import asyncio
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from beamdesk.gateway.storage import Database, preparation
from beamdesk.gateway.storage.backup import back_up, backups_of, default_target, remove_old_backups
from beamdesk.gateway.storage.lock import LockHeld, exclusive
from beamdesk.gateway.storage.migration import MigrationRefused, Standing, standing, upgrade
from beamdesk.gateway.storage.preparation import prepare


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "beamdesk.sqlite3"


def make_older(path: Path) -> None:
    """Leave what an earlier version of the code left behind: revision 0001 with one person."""
    script = (
        "from alembic import command\n"
        "from beamdesk.gateway.storage import Database\n"
        "from beamdesk.gateway.storage.database import migration_engine\n"
        "from beamdesk.gateway.storage.migration import _config\n"
        f"url = Database('sqlite:///{path}').url\n"
        "with migration_engine(url).begin() as connection:\n"
        "    command.upgrade(_config(connection), '0001')\n"
        '    connection.exec_driver_sql("INSERT INTO user VALUES '
        "('u1', 'local', 'marie', 'marie', 'Marie', 1, '2026-01-02', NULL)\")\n"
    )
    path.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", script], check=True)


def people_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM user")]


async def prepared(path: Path, keep_backups: int = 3) -> list[Path]:
    """Prepare the file as the server does; gives its backup copies."""
    database = Database(f"sqlite:///{path}")
    try:
        await prepare(database, keep_backups=keep_backups)
        assert await standing(database) is Standing.CURRENT
        return await asyncio.to_thread(backups_of, database)
    finally:
        await database.close()


async def test_the_first_start_makes_a_file_that_only_its_owner_can_read(path: Path) -> None:
    assert await prepared(path) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_start_on_a_current_database_makes_no_copy(path: Path) -> None:
    await prepared(path)
    assert await prepared(path) == []


async def test_an_older_database_is_copied_before_its_upgrade(path: Path) -> None:
    make_older(path)
    (copy,) = await prepared(path)
    assert people_in(path) == ["marie"]
    assert people_in(copy) == ["marie"]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


async def test_two_starts_at_once_upgrade_once(path: Path) -> None:
    make_older(path)
    first, second = await asyncio.gather(prepared(path), prepared(path))
    assert first == second
    assert len(first) == 1


async def test_a_failed_upgrade_leaves_the_copy_and_the_old_database(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_older(path)

    async def fail(_database: Database) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "upgrade", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            await prepared(path)
    assert people_in(path) == ["marie"]
    assert len(await prepared(path)) == 2


async def test_a_start_that_was_killed_in_its_upgrade_is_made_good_by_the_next(path: Path) -> None:
    make_older(path)
    script = (
        "import asyncio, os, signal\n"
        "from beamdesk.gateway.storage import Database, migration\n"
        "from beamdesk.gateway.storage.preparation import prepare\n"
        "upgrade = migration.command.upgrade\n"
        "def die(*arguments):\n"
        "    upgrade(*arguments)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "migration.command.upgrade = die\n"
        f"asyncio.run(prepare(Database('sqlite:///{path}'), keep_backups=3))\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == -signal.SIGKILL
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    await prepared(path)
    assert people_in(path) == ["marie"]


async def test_a_newer_database_is_refused_untouched(path: Path) -> None:
    await prepared(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MigrationRefused) as refusal:
        await prepared(path)
    assert refusal.value.standing is Standing.NEWER
    assert list(path.parent.glob("*.backup")) == []


@pytest.mark.postgresql
async def test_postgresql_is_upgraded_by_decision_only(empty_database: Database) -> None:
    if empty_database.is_embedded:
        await prepare(empty_database, keep_backups=1)
        return
    with pytest.raises(MigrationRefused, match="beamdesk db upgrade"):
        await prepare(empty_database, keep_backups=1)


async def test_a_copy_is_whole_while_somebody_writes(path: Path) -> None:
    await prepared(path)
    database = Database(f"sqlite:///{path}")
    try:
        async with database.transaction() as session:
            connection = await session.connection()
            await connection.exec_driver_sql(
                "INSERT INTO user VALUES ('u1', 'local', 'marie', 'marie', 'Marie', 1, '2026-01-02', NULL)"
            )
            during = await back_up(database, path.with_name("during.backup"))
        after = await back_up(database, path.with_name("after.backup"))
    finally:
        await database.close()
    assert people_in(during) == []
    assert people_in(after) == ["marie"]


async def test_a_copy_never_replaces_a_file(path: Path) -> None:
    await prepared(path)
    database = Database(f"sqlite:///{path}")
    taken = path.with_name("taken.backup")
    taken.write_text("precious")
    with pytest.raises(FileExistsError):
        await back_up(database, taken)
    assert taken.read_text() == "precious"
    assert sorted(item.name for item in path.parent.iterdir() if "partial" in item.name) == []
    await database.close()


async def test_only_the_newest_copies_are_kept(path: Path) -> None:
    await prepared(path)
    database = Database(f"sqlite:///{path}")
    made = [await back_up(database, default_target(database)) for _ in range(4)]
    removed = await asyncio.to_thread(remove_old_backups, database, 2)
    assert removed == made[:2]
    assert await asyncio.to_thread(backups_of, database) == made[2:]
    await database.close()


async def test_a_lock_is_held_by_one_and_let_go_by_the_dead(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    holder = (
        "import asyncio\n"
        "from pathlib import Path\n"
        "from beamdesk.gateway.storage.lock import exclusive\n"
        "async def hold():\n"
        f"    async with exclusive(Path({str(lock)!r}), seconds=0):\n"
        "        print('held', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(hold())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", holder, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    with pytest.raises(LockHeld):
        async with exclusive(lock, seconds=0):
            pytest.fail("two hold the lock")
    process.kill()
    await process.wait()
    async with exclusive(lock, seconds=5):
        assert lock.exists()
    async with exclusive(lock, seconds=0):
        pass


async def test_an_upgrade_makes_an_embedded_database_by_itself(path: Path) -> None:
    path.parent.mkdir()
    database = Database(f"sqlite:///{path}")
    done = await upgrade(database)
    assert done.before is None
    await database.close()
