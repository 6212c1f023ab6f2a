"""Many viewers of guacd connections in one process: they read what comes and acknowledge frames."""

import selectors
from typing import Annotated

import typer

from beamdesk.bench.processes import announce
from beamdesk.bench.relay.guac_viewer import GuacViewer
from beamdesk.bench.relay.limits import allow_descriptors


def run(
    port: Annotated[int, typer.Option()],
    count: Annotated[int, typer.Option()],
    path: Annotated[str, typer.Option(help="Of the WebSocket; {} is the number of the desktop.")],
    busy: Annotated[bool, typer.Option(help="The desktops play their capture.")] = False,
) -> None:
    """Open *count* viewers of a desktop each, say so, and read until ended."""
    waiting = selectors.DefaultSelector()
    for number in range(count):
        viewer = GuacViewer(port, path.format(number) or None)
        waiting.register(viewer.socket, selectors.EVENT_READ, viewer)
        if busy:
            viewer.play()
    announce(open=count)
    while True:
        for key, _ in waiting.select():
            key.data.read_frames()


if __name__ == "__main__":
    allow_descriptors()
    typer.run(run)
