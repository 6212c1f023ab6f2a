"""`beamdesk db …`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest


def test_a_missing_database_is_4_and_is_not_made_by_looking(beamdesk, tmp_path: Path) -> None:
    for arguments in (
        ("db", "check"),
        ("db", "backup"),
        ("user", "list"),
        ("token", "list"),
        ("instance", "list"),
    ):
        said = beamdesk(*arguments)
        assert said.code == 4, arguments
        assert said.err
    assert list(tmp_path.rglob("*.sqlite3")) == []


def test_upgrade_makes_it_and_check_is_content(beamdesk) -> None:
    assert beamdesk("db", "upgrade").code == 0
    assert beamdesk("db", "upgrade").code == 0
    said = beamdesk("db", "check")
    assert (said.code, said.out) == (0, "The database is at this version of Beamdesk.\n")


def test_a_newer_database_is_4_with_a_sentence(upgraded, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data/beamdesk.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for arguments in (("db", "check"), ("db", "upgrade"), ("user", "list"), ("serve", "--port", "0")):
        said = upgraded(*arguments)
        assert said.code == 4, arguments
        assert "newer version of Beamdesk" in said.err


def test_backup_copies_and_never_overwrites(upgraded, tmp_path: Path) -> None:
    upgraded("user", "add", "marie")
    target = tmp_path / "copy.backup"
    assert upgraded("db", "backup", "--to", str(target)).out == f"{target}\n"
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT name FROM user").fetchall() == [("marie",)]
    again = upgraded("db", "backup", "--to", str(target))
    assert again.code == 1
    assert "exists already" in again.err
    beside = Path(upgraded("db", "backup").out.strip())
    assert beside.parent == tmp_path / "data"
    assert beside.exists()


def test_a_file_that_is_no_database_is_4(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/beamdesk.sqlite3").write_text("this is not a database, it is a text" * 100)
    for arguments in (("db", "check"), ("db", "upgrade"), ("user", "list")):
        said = beamdesk(*arguments)
        assert said.code == 4
        assert "not a database" in said.err


@pytest.mark.postgresql
def test_the_same_commands_work_on_postgresql(beamdesk, postgresql) -> None:
    name = postgresql.create("template0")
    environment = {"BEAMDESK__DATABASE__URL": postgresql.url(name)}
    try:
        assert beamdesk("db", "check", **environment).code == 4
        assert beamdesk("db", "upgrade", **environment).code == 0
        assert beamdesk("db", "check", **environment).code == 0
        assert beamdesk("user", "add", "marie", **environment).code == 0
        assert beamdesk("user", "list", "--json", **environment).json[0]["name"] == "marie"
        backup = beamdesk("db", "backup", **environment)
        assert backup.code == 1
        assert "pg_dump" in backup.err
    finally:
        postgresql.drop(name)


def test_a_database_server_that_is_not_there_is_4_without_its_password(beamdesk, tmp_path: Path) -> None:
    url = f"postgresql://u:hunter2@/n?host={tmp_path}"
    for arguments in (("db", "check"), ("db", "upgrade"), ("user", "list")):
        said = beamdesk(*arguments, BEAMDESK__DATABASE__URL=url)
        assert said.code == 4
        assert "cannot be used" in said.err
        assert "hunter2" not in said.err


def test_an_unknown_kind_of_database_is_3(beamdesk) -> None:
    said = beamdesk("db", "check", BEAMDESK__DATABASE__URL="mysql://u:hunter2@h/n")
    assert said.code == 3
    assert "database.url" in said.err
    assert "hunter2" not in said.err
