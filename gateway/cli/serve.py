"""`beamdesk serve`."""

from typing import Annotated

import typer

from beamdesk.gateway.app import PartFailed
from beamdesk.gateway.app import serve as run_server
from beamdesk.gateway.cli.exits import Exit, fail
from beamdesk.gateway.cli.options import ConfigOption, DataDirOption, load_settings
from beamdesk.gateway.plugins import PluginRefused
from beamdesk.gateway.storage.lock import LockHeld
from beamdesk.gateway.storage.migration import MigrationRefused
from beamdesk.gateway.storage.preparation import DatabaseUnusable

__all__ = ["app"]

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port to listen on.")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Start Beamdesk and serve until interrupted."""
    loaded = load_settings(config, host=host, port=port, data_dir=data_dir)
    try:
        run_server(loaded.settings)
    except (MigrationRefused, DatabaseUnusable) as refusal:
        fail(Exit.DATABASE, str(refusal))
    except PluginRefused as refusal:
        fail(Exit.CONFIGURATION, *refusal.faults)
    except LockHeld as held:
        fail(Exit.FAILED, f"Another Beamdesk runs on this data folder (it holds {held}).")
    except PartFailed as failure:
        fail(Exit.FAILED, str(failure))
    except OSError as error:
        # The address is taken, the folder cannot be written: ordinary, and no reason for a trace.
        fail(Exit.FAILED, f"Beamdesk cannot start: {error}")
