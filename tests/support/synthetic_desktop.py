"""A desktop whose every byte the test decides."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from beamdesk.codecs.rfb.pixel_format import BGRX
from beamdesk.codecs.rfb.server_handshake import ServerHandshake
from beamdesk.gateway.tickets import Target

__all__ = ["SERVER_INIT", "Conversation", "desktop_that", "listening"]

SERVER_INIT = struct.pack(">HH16sI", 320, 240, BGRX.encode(), 4) + b"test"

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def desktop_that(talks: Conversation) -> Conversation:
    """Shakes hands, then does what *talks* does."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handshake = ServerHandshake()
        while not handshake.finished:
            writer.write(handshake.bytes_to_send())
            data = await reader.read(4096)
            if not data:
                return
            handshake.receive(data)
        writer.write(handshake.bytes_to_send() + SERVER_INIT)
        await talks(reader, writer)

    return converse


@asynccontextmanager
async def listening(converse: Conversation, *, unix: Path | None = None) -> AsyncIterator[Target]:
    """Serve each connection with *converse* until the context ends, which breaks them off."""
    open_ones: set[asyncio.StreamWriter] = set()
    done: set[asyncio.Future[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        finished = asyncio.get_running_loop().create_future()
        done.add(finished)
        open_ones.add(writer)
        try:
            await converse(reader, writer)
        except OSError:
            pass  # the gateway has hung up
        finally:
            writer.transport.abort()
            finished.set_result(None)

    if unix is None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        target = Target(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    else:
        server = await asyncio.start_unix_server(serve, str(unix))
        target = Target(unix_path=str(unix))
    try:
        yield target
    finally:
        server.close()
        for writer in open_ones:
            writer.transport.abort()
        async with asyncio.timeout(10):
            await asyncio.gather(*done)
