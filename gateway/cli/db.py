"""`beamdesk db …`."""

from pathlib import Path
from typing import Annotated

import typer

from beamdesk.gateway.cli.exits import Exit, fail, run
from beamdesk.gateway.cli.options import ConfigOption, DataDirOption, load_settings
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.storage.backup import back_up, default_target
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.migration import MigrationRefused, Standing, standing, upgrade
from beamdesk.gateway.storage.preparation import prepare

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Upgrade, check and back up the database.")


@app.command("upgrade")
def upgrade_database(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Bring the database to this version of Beamdesk; an embedded one is backed up before."""
    run(_upgrade(load_settings(config, data_dir=data_dir).settings))
    print("The database is at this version of Beamdesk.")


@app.command()
def check(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Say whether the database fits this version of Beamdesk. Changes nothing."""
    found = run(_standing(load_settings(config, data_dir=data_dir).settings))
    if found is not Standing.CURRENT:
        fail(Exit.DATABASE, str(MigrationRefused.because(found)))
    print("The database is at this version of Beamdesk.")


@app.command()
def backup(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Default: beside the database.")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Copy the embedded database, also while the server runs. Restore by putting the copy in its place."""
    print(run(_backup(load_settings(config, data_dir=data_dir).settings, to)))


async def _upgrade(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        if database.is_embedded:
            await prepare(database, keep_backups=settings.database.backups)
        else:
            await upgrade(database)
    finally:
        await database.close()


async def _standing(settings: Settings) -> Standing:
    database = Database(settings.database_url)
    if database.is_embedded and not database.path.exists():
        return Standing.EMPTY
    try:
        return await standing(database)
    finally:
        await database.close()


async def _backup(settings: Settings, to: Path | None) -> Path:
    database = Database(settings.database_url)
    if not database.is_embedded:
        fail(Exit.FAILED, "PostgreSQL has tools of its own for this: use pg_dump.")
    if not database.path.exists():
        fail(Exit.DATABASE, f"There is no database at {database.path}.")
    target = to or default_target(database)
    try:
        return await back_up(database, target)
    except FileExistsError:
        fail(Exit.FAILED, f"{target} exists already.")
