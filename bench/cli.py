"""`beamdesk bench`."""

import typer

from beamdesk.bench.first_picture import first_picture
from beamdesk.bench.framing import framing
from beamdesk.bench.relay.cli import relay

__all__ = ["app"]

app = typer.Typer(help="Measure this installation.", no_args_is_help=True, add_completion=False)
app.command()(relay)
app.command()(framing)
app.command()(first_picture)


@app.callback()
def bench() -> None:
    """Measure this installation."""
