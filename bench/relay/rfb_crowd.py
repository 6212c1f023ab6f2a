"""Many viewers in one process: they read what comes, answer pings, and do nothing else."""

import selectors
from typing import Annotated

import typer

from beamdesk.bench.processes import announce
from beamdesk.bench.relay.limits import allow_descriptors
from beamdesk.bench.relay.rfb_viewer import LoadViewer


def run(
    port: Annotated[int, typer.Option()],
    count: Annotated[int, typer.Option()],
    kib: Annotated[int, typer.Option(help="Size of one beat.")] = 0,
    rate: Annotated[int, typer.Option(help="Beats a second; 0 for idle viewers.")] = 0,
    websocket: Annotated[bool, typer.Option()] = True,
) -> None:
    """Open *count* viewers, say so, and read until ended."""
    waiting = selectors.DefaultSelector()
    for _ in range(count):
        viewer = LoadViewer(port, websocket=websocket)
        waiting.register(viewer.socket, selectors.EVENT_READ, viewer)
        if rate:
            viewer.start_beat(kib, rate)
    announce(open=count)
    while True:
        for key, _ in waiting.select():
            key.data.read_some()


if __name__ == "__main__":
    allow_descriptors()
    typer.run(run)
