"""Whether a desktop answers, judged by the first words of its own protocol."""

import asyncio
from collections.abc import Awaitable, Callable

from beamdesk.brokers.protocol import Endpoint

__all__ = ["PROBE_SECONDS", "Probe", "answers"]

Probe = Callable[[Endpoint], Awaitable[bool]]

PROBE_SECONDS = 3.0
"""A desktop that takes longer to say its first twelve bytes is not one to work on yet."""

_RFB_GREETING = b"RFB "
_RFB_GREETING_LENGTH = 12


async def answers(endpoint: Endpoint, timeout: float = PROBE_SECONDS) -> bool:
    """Whether the service behind *endpoint* speaks its protocol now; never raises for what the peer does.

    RFB: the ProtocolVersion message (RFC 6143, section 7.1.1). Of other protocols only the connection is
    tried. TigerVNC counts every connection that does not authenticate and shuts the address out after
    five: a desktop that greets must not be asked again and again.
    """
    try:
        async with asyncio.timeout(timeout):
            return await _greets(endpoint)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


async def _greets(endpoint: Endpoint) -> bool:
    if endpoint.unix_path is not None:
        reader, writer = await asyncio.open_unix_connection(endpoint.unix_path)
    else:
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    try:
        if endpoint.protocol != "rfb":
            return True
        greeting = await reader.readexactly(_RFB_GREETING_LENGTH)
        return greeting.startswith(_RFB_GREETING)
    finally:
        writer.close()
