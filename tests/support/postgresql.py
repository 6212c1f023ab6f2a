"""Databases for tests: each test that asks for one runs on SQLite and on a real PostgreSQL.

`database` is a `Database` at the newest revision, `database_url` its address, `empty_database_url` the
address of one without tables. The server is Debian's, started once per run in a folder of its own, on a unix
socket only, with nothing written safely; each test gets a copy of a template.
"""

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.migration import upgrade

TEMPLATE = "beamdesk_template"
START_SECONDS = 30


@dataclass
class PostgreSQL:
    """A running server, reached by the socket in `folder`."""

    folder: Path
    binaries: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def create(self, template: str) -> str:
        """Make a database as a copy of *template* and give its name."""
        name = f"test_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        psql = [
            self.binaries / "psql",
            "-X",
            "-q",
            "-h",
            self.folder,
            "-U",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        subprocess.run([*psql, "-c", statement], check=True, capture_output=True)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """A server with an empty template (`template0`) and one at the newest revision (`TEMPLATE`)."""
    binaries = _binaries()
    # Not in pytest's folder: that one can be entered by its owner only, and the server never runs as root.
    folder = Path(tempfile.mkdtemp(prefix="beamdesk-postgresql-"))
    as_owner = _as_owner(folder)
    # The name stands in the title of every process of the server and marks them as shared by the whole run.
    name = f"{tmp_path_factory.getbasetemp()}/shared-postgresql"
    server: subprocess.Popen[bytes] | None = None
    try:
        initialise = [binaries / "initdb", "-D", folder / "files", "-U", "postgres", "--auth=trust"]
        locale = ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([*as_owner, *initialise, *locale], check=True, capture_output=True, cwd=folder)
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*as_owner, binaries / "postgres", "-D", folder / "files", *_options(folder, name)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        running = PostgreSQL(folder, binaries)
        _wait(running, server)
        running.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        asyncio.run(_upgrade(running.url(TEMPLATE)))
        yield running
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=START_SECONDS)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("shared-sqlite") / "template.sqlite3"
    asyncio.run(_upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgresql: PostgreSQL
) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/beamdesk.sqlite3"
        return
    name = postgresql.create("template0")
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, postgresql: PostgreSQL
) -> Iterator[str]:
    """The address of a database at the newest revision, without rows."""
    if request.param == "sqlite":
        path = tmp_path / "beamdesk.sqlite3"
        shutil.copyfile(sqlite_template, path)
        yield f"sqlite:///{path}"
        return
    name = postgresql.create(TEMPLATE)
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database at the newest revision, without rows."""
    opened = Database(database_url)
    yield opened
    await opened.close()


async def _upgrade(url: str) -> None:
    database = Database(url)
    try:
        await upgrade(database)
    finally:
        await database.close()


def _binaries() -> Path:
    """The newest server on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if not found:
        pytest.fail("PostgreSQL is not installed: make test would, or `apt-get install postgresql`")
    return found[-1].parent


def _as_owner(folder: Path) -> list[str]:
    """How to start a program as the owner of *folder*, so that it dies with the tests however they end."""
    setpriv = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() != 0:
        return setpriv
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [*setpriv, "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]


def _options(folder: Path, name: str) -> list[str]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "cluster_name": name[-63:],
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "max_connections": "100",
        "max_logical_replication_workers": "0",
        "shared_buffers": "32MB",
        "jit": "off",
    }
    return [part for key, value in options.items() for part in ("-c", f"{key}={value}")]


def _wait(running: PostgreSQL, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    ready = [running.binaries / "pg_isready", "-q", "-h", running.folder]
    while subprocess.run(ready, check=False).returncode != 0:
        said = (running.folder / "log").read_text()
        assert server.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
