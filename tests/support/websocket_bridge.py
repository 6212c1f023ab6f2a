"""TCP on one side, a WebSocket on the other: lets programs that know no WebSocket use the gateway."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

__all__ = ["bridge"]


@asynccontextmanager
async def bridge(url: Callable[[], str]) -> AsyncIterator[int]:
    """A port on 127.0.0.1; each connection to it becomes one WebSocket to a fresh `url()`."""
    done: set[asyncio.Future[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        finished = asyncio.get_running_loop().create_future()
        done.add(finished)
        try:
            async with (
                aiohttp.ClientSession() as client,
                client.ws_connect(url(), protocols=["binary"], max_msg_size=0) as websocket,
                asyncio.TaskGroup() as group,
            ):
                upwards = group.create_task(_upwards(reader, websocket))
                async for message in websocket:
                    writer.write(message.data)
                    await writer.drain()
                upwards.cancel()
        finally:
            writer.transport.abort()
            finished.set_result(None)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        async with asyncio.timeout(15):
            await asyncio.gather(*done)


async def _upwards(reader: asyncio.StreamReader, websocket: aiohttp.ClientWebSocketResponse) -> None:
    while data := await reader.read(65536):
        await websocket.send_bytes(data)
    await websocket.close()
