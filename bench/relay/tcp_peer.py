"""The relay to compare with: uvloop, bytes in at one socket and out at the other, nothing else."""

import asyncio
from typing import Annotated, cast

import typer
import uvloop

from beamdesk.bench.processes import announce


class _Side(asyncio.Protocol):
    """One of two sockets; what arrives goes to the other, which stops this one when it is full."""

    def __init__(self, other: "_Side | None" = None) -> None:
        self.other = other
        self.transport: asyncio.Transport | None = None
        self.early = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)
        else:
            self.early += data

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


async def _serve(port: int, unix_path: str) -> None:
    loop = asyncio.get_running_loop()
    accepted: asyncio.Queue[_Side] = asyncio.Queue()

    class Front(_Side):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            accepted.put_nowait(self)

    server = await loop.create_server(Front, "127.0.0.1", 0, backlog=2048)
    announce(port=server.sockets[0].getsockname()[1])
    while True:
        front = await accepted.get()
        back = _Side(front)
        if unix_path:
            await loop.create_unix_connection(lambda back=back: back, unix_path)  # type: ignore[misc]  # mypy cannot infer the default
        else:
            await loop.create_connection(lambda back=back: back, "127.0.0.1", port)  # type: ignore[misc]  # as above
        front.other = back
        if front.early and back.transport is not None:
            back.transport.write(bytes(front.early))


def run(port: Annotated[int, typer.Option()] = 0, unix_path: Annotated[str, typer.Option()] = "") -> None:
    """Listen, say where, and relay to *port* or *unix_path* until ended."""
    uvloop.run(_serve(port, unix_path))


if __name__ == "__main__":
    typer.run(run)
