"""Options that several commands take, and the settings that they lead to."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from beamdesk.gateway.cli.exits import Exit, fail
from beamdesk.gateway.clock import SystemClock
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.config.sources import ConfigurationRefused, Loaded, load
from beamdesk.gateway.logs import configure_logs
from beamdesk.gateway.portal.accounts.service import Accounts
from beamdesk.gateway.storage.database import Database, normalised_url
from beamdesk.gateway.storage.migration import MigrationRefused, Standing, standing

__all__ = [
    "ConfigOption",
    "DataDirOption",
    "JsonOption",
    "load_settings",
    "opened_accounts",
    "opened_database",
]

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="TOML file; default: beamdesk.toml, if present."),
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", metavar="FOLDER", help="As server.data_dir in the configuration.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def load_settings(config: Path | None, **command_line: object) -> Loaded:
    """The settings in force, with logs set up; keywords are those of `[server]`.

    Ends with `Exit.CONFIGURATION` on faults.
    """
    given = {f"server.{name}": value for name, value in command_line.items()}
    try:
        loaded = load(file=config, environment=os.environ, command_line=given)
    except ConfigurationRefused as refusal:
        fail(Exit.CONFIGURATION, "The configuration has faults:", *(f"  {fault}" for fault in refusal.faults))
    try:
        normalised_url(loaded.settings.database_url)
    except ValueError as error:
        fail(Exit.CONFIGURATION, "The configuration has faults:", f"  {error}")
    configure_logs(loaded.settings.logs)
    return loaded


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, which must be at our revision. Works beside a running server."""
    database = Database(settings.database_url, pool_size=2)
    try:
        if database.is_embedded and not database.path.exists():
            fail(Exit.DATABASE, f"There is no database at {database.path} yet: start Beamdesk once.")
        found = await standing(database)
        if found is not Standing.CURRENT:
            raise MigrationRefused.because(found)
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def opened_accounts(settings: Settings) -> AsyncIterator[Accounts]:
    """Accounts on the database. A running server notices by itself what is ended here."""
    async with opened_database(settings) as database:
        yield Accounts(database, settings.sign_in, SystemClock(), on_sign_in_ended=_unheard)


def _unheard(_sign_in: str) -> None:
    """Nobody has a stream open in this process."""
