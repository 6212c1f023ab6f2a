"""`beamdesk instance …`: reads the database, also while the server runs."""

import typer

from beamdesk.gateway.cli.exits import run
from beamdesk.gateway.cli.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    load_settings,
    opened_accounts,
    opened_database,
)
from beamdesk.gateway.cli.output import print_json, print_table
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.portal.instances import store
from beamdesk.gateway.portal.instances.record import InstanceRecord

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="List instances.")


@app.callback()
def _instance() -> None:
    """List instances."""


@app.command("list")
def list_instances(
    config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """List everybody's instances that are not deleted, the newest first."""
    records, owners = run(_list(load_settings(config, data_dir=data_dir).settings))
    if as_json:
        print_json(
            [
                {
                    "id": record.id,
                    "name": record.name,
                    "owner": owners.get(record.owner_id),
                    "plan": record.plan_id,
                    "broker": record.broker,
                    "state": record.state,
                    "desired": record.desired,
                    "unreachable": record.unreachable,
                    "machine": record.ref,
                    "created_at": record.created_at,
                }
                for record in records
            ]
        )
        return
    print_table(
        ("id", "name", "owner", "plan", "state", "desired", "created"),
        [
            (
                record.id,
                record.name,
                owners.get(record.owner_id),
                record.plan_id,
                record.state,
                record.desired,
                record.created_at,
            )
            for record in records
        ],
    )


async def _list(settings: Settings) -> tuple[list[InstanceRecord], dict[str, str]]:
    """The instances, and the names of everybody by id."""
    async with opened_accounts(settings) as accounts:
        owners = {str(person.id): person.name for person in await accounts.people.all()}
    async with opened_database(settings) as database, database.reading() as session:
        return await store.kept(session), owners
