"""`beamdesk doctor`: looks at everything that Beamdesk needs on this machine."""

import os
import resource
import socket
import sys
from dataclasses import asdict
from pathlib import Path

import typer

from beamdesk.brokers.protocol import HealthItem
from beamdesk.gateway.cli.broker import check_brokers
from beamdesk.gateway.cli.exits import Exit, run
from beamdesk.gateway.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from beamdesk.gateway.cli.output import print_json, print_table
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.http.ui import WebUi
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.migration import MigrationRefused, Standing, standing

__all__ = ["app"]

app = typer.Typer(add_completion=False)

OPEN_FILES = 4096
"""Two sockets per viewer and two thousand viewers."""


@app.command()
def doctor(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Check what this machine needs. Changes nothing."""
    settings = load_settings(config, data_dir=data_dir).settings
    items = run(_look(settings))
    if as_json:
        print_json([asdict(item) for item in items])
    else:
        print_table(
            ("", "what", "details"),
            [("✓" if item.healthy else "✗", item.name, item.sentence) for item in items],
        )
    if not all(item.healthy for item in items):
        raise typer.Exit(Exit.FAILED)


async def _look(settings: Settings) -> list[HealthItem]:
    items = [
        HealthItem("Python", healthy=True, sentence=sys.version.split()[0]),
        _open_files(),
        _data_folder(settings.server.data_dir),
        await _database(settings),
        _port(settings.server.host, settings.server.port),
        _web_ui(),
    ]
    items += [
        HealthItem(f"broker {name}: {item.name}", healthy=item.healthy, sentence=item.sentence)
        for name, item in await check_brokers(settings)
    ]
    return items


def _open_files() -> HealthItem:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = most == resource.RLIM_INFINITY or most >= OPEN_FILES
    sentence = (
        f"at most {most}" if enough else f"at most {most}; raise it (ulimit -n {OPEN_FILES}) for many viewers"
    )
    return HealthItem("open files", healthy=enough, sentence=sentence)


def _data_folder(folder: Path) -> HealthItem:
    nearest = folder.resolve()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return HealthItem("data folder", healthy=False, sentence=f"{nearest} cannot be written to")
    made = "" if nearest == folder.resolve() else " (made at the first start)"
    return HealthItem("data folder", healthy=True, sentence=f"{folder.resolve()}{made}")


async def _database(settings: Settings) -> HealthItem:
    database = Database(settings.database_url)
    name = "database" if database.is_embedded else f"database on {database.url.host or 'a local socket'}"
    if database.is_embedded and not database.path.exists():
        return HealthItem(name, healthy=True, sentence=f"{database.path} is made at the first start")
    try:
        found = await standing(database)
    except Exception as error:  # noqa: BLE001  (whatever a driver raises, the answer is a line of the table)
        return HealthItem(name, healthy=False, sentence=f"cannot be reached: {getattr(error, 'orig', error)}")
    finally:
        await database.close()
    if found is Standing.CURRENT:
        return HealthItem(name, healthy=True, sentence="at this version of Beamdesk")
    if database.is_embedded and found in {Standing.EMPTY, Standing.OLDER}:
        return HealthItem(name, healthy=True, sentence="is upgraded at the next start, after a backup copy")
    return HealthItem(name, healthy=False, sentence=str(MigrationRefused.because(found)))


def _port(host: str, port: int) -> HealthItem:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return HealthItem(
                "port", healthy=False, sentence=f"{host}:{port} cannot be used: {error.strerror}"
            )
    return HealthItem("port", healthy=True, sentence=f"{host}:{port} is free")


def _web_ui() -> HealthItem:
    if WebUi().is_built:
        return HealthItem("web UI", healthy=True, sentence="is built")
    return HealthItem("web UI", healthy=False, sentence="is not built: `make run` does it")
