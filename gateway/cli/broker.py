"""`beamdesk broker …`."""

from typing import Annotated

import typer

from beamdesk.brokers.protocol import HealthItem
from beamdesk.gateway.cli.exits import Exit, fail, run
from beamdesk.gateway.cli.options import ConfigOption, DataDirOption, JsonOption, load_settings
from beamdesk.gateway.cli.output import print_json, print_table
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.plugins import PluginRefused, load_brokers

__all__ = ["app", "check_brokers"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Check the back ends.")


@app.callback()
def _broker() -> None:
    """Check the back ends."""


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this broker.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the back ends can be used."""
    settings = load_settings(config, data_dir=data_dir).settings
    if name is not None and name not in settings.brokers:
        fail(Exit.NOT_FOUND, f"There is no broker called {name!r} in the configuration.")
    found = run(check_brokers(settings, name))
    rows = [(broker, item.name, item.healthy, item.sentence) for broker, item in found]
    if as_json:
        print_json([dict(zip(("broker", "name", "healthy", "sentence"), row, strict=True)) for row in rows])
    else:
        print_table(("broker", "what", "healthy", "details"), rows)
    if not all(item.healthy for _, item in found):
        raise typer.Exit(Exit.FAILED)


async def check_brokers(settings: Settings, only: str | None = None) -> list[tuple[str, HealthItem]]:
    """What each broker says of its back end; ends with `Exit.CONFIGURATION` when its options have faults."""
    try:
        brokers = load_brokers(settings)
    except PluginRefused as refusal:
        fail(Exit.CONFIGURATION, *refusal.faults)
    found: list[tuple[str, HealthItem]] = []
    try:
        for name, broker in brokers.items():
            if only in {None, name}:
                found += [(name, item) for item in await broker.check()]
    finally:
        for broker in brokers.values():
            await broker.close()
    return found
