"""`beamdesk config …`."""

from dataclasses import asdict
from typing import Annotated

import typer

from beamdesk.gateway.cli.exits import Exit, fail
from beamdesk.gateway.cli.options import ConfigOption, JsonOption, load_settings
from beamdesk.gateway.cli.output import print_json, print_table
from beamdesk.gateway.config.reference import effective, reference
from beamdesk.gateway.plugins import option_faults

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Show and check the configuration.")


@app.command()
def show(
    config: ConfigOption = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is not the default.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print every value in force and where it comes from. Secrets are masked."""
    loaded = load_settings(config)
    found = [
        item
        for item in effective(loaded.settings, loaded.provenance)
        if not changed or item.source != "default"
    ]
    if as_json:
        print_json(
            {
                item.path: {key: value for key, value in asdict(item).items() if key != "path"}
                for item in found
            }
        )
        return
    print_table(
        ("key", "value", "unit", "from"),
        [(item.path, item.value, item.unit or "", item.source) for item in found],
    )


@app.command()
def check(config: ConfigOption = None) -> None:
    """Say whether the configuration can be used, the brokers' own options included."""
    loaded = load_settings(config)
    faults = option_faults(loaded.settings)
    if faults:
        fail(Exit.CONFIGURATION, "The configuration has faults:", *(f"  {fault}" for fault in faults))
    print("The configuration is good.")


@app.command("reference")
def print_reference() -> None:
    """Print what can be configured, as a page in Markdown."""
    print(reference())
