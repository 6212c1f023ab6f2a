"""`beamdesk bench`."""

import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from beamdesk.bench.first_picture import first_picture
from beamdesk.bench.framing import framing
from beamdesk.bench.relay.crowd import allow_descriptors
from beamdesk.bench.relay.peers import that_can_run
from beamdesk.bench.relay.plot import draw
from beamdesk.bench.relay.report import as_json, show
from beamdesk.bench.relay.scenarios import Load, idle, latency, stalled, throughput
from beamdesk.bench.relay.targets import Results, findings

__all__ = ["app"]

app = typer.Typer(help="Measure this installation.", no_args_is_help=True, add_completion=False)
app.command()(framing)
app.command()(first_picture)

_QUICK: Final = Load(volume_mib=64, rounds=1, echoes=100, busy=5, idle=20, idle_seconds=1, stalled=2)
_CHUNKS: Final = (64 * 1024, 4 * 1024)


@app.callback()
def bench() -> None:
    """Measure this installation."""


@app.command()
def relay(
    *,
    volume: Annotated[int, typer.Option(help="MiB of one transfer.")] = 1024,
    rounds: Annotated[int, typer.Option(help="Transfers by each relay, in turns.")] = 5,
    busy: Annotated[int, typer.Option(help="Busy sessions beside the measured key presses.")] = 50,
    viewers: Annotated[int, typer.Option(help="Idle viewers.")] = 1000,
    unix: Annotated[bool, typer.Option("--unix", help="Desktops on unix sockets instead of TCP.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A few seconds; figures mean little.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a picture to this file.")] = None,
) -> None:
    """Put the gateway's relay beside a bare TCP relay and websockify, in one run.

    Exit code 1: a target was missed.
    """
    load = _QUICK if quick else Load(volume_mib=volume, rounds=rounds, busy=busy, idle=viewers, unix=unix)
    progress = Console(stderr=True)
    allow_descriptors()
    with tempfile.TemporaryDirectory(prefix="beamdesk-bench-") as name, progress.status("") as status:
        folder = Path(name)
        moved = []
        for chunk in _CHUNKS:
            status.update(f"moving bytes, written {chunk // 1024} KiB at a time")
            moved += throughput(folder, load, that_can_run(), chunk)
        status.update("pressing keys")
        echoes = [latency(folder, load, busy=busy) for busy in (0, load.busy)]
        status.update(f"{load.idle} idle viewers")
        resting = idle(folder, load)
        status.update("viewers that do not read")
        results = Results(moved, echoes, resting, stalled(folder, load))
    if plot is not None:
        draw(results, plot)
    if json:
        print(as_json(results))
    else:
        show(results, Console())
    if not all(found.reached for found in findings(results)) and not quick:
        raise typer.Exit(1)
