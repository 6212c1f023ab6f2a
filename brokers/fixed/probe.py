"""Whether a way into a machine leads somewhere, judged by the first words of its own protocol."""

import asyncio
import struct
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from dataclasses import dataclass

from beamdesk.brokers.fixed.rfb_probe import shake_hands
from beamdesk.brokers.fixed.settings import WayIn
from beamdesk.brokers.protocol import Endpoint

__all__ = ["Silent", "ask"]

_SSH_LINES_BEFORE_VERSION = 50
"""A server may say something before its version (RFC 4253, section 4.2); OpenSSH's client reads 1024."""
_SSH_IDENTIFICATION = b"SSH-2.0-Beamdesk\r\n"

# TPKT header, X.224 connection request, RDP negotiation request for TLS or CredSSP
# ([MS-RDPBCGR] 2.2.1.1).
_RDP_REQUEST = struct.pack(">BBH", 3, 0, 19) + b"\x0e\xe0\0\0\0\0\0" + struct.pack("<BBHI", 1, 0, 8, 3)
_TPKT = struct.Struct(">BxH")
_SHORTEST_CONFIRM, _LONGEST_CONFIRM = 11, 512
_X224_CONFIRM = 0xD0


@dataclass(frozen=True, slots=True)
class Silent:
    """Why an endpoint cannot be used; `detail` is for the log and holds no secret."""

    detail: str


async def ask(endpoint: Endpoint, seconds: float) -> Silent | None:
    """None where the service behind *endpoint* answers in its protocol within *seconds*.

    RFB servers are asked as far as the password goes. Of telnet only the connection is tried.
    """
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
            try:
                fault = await _converse(endpoint, reader, writer)
            finally:
                writer.close()
    except TimeoutError:
        fault = f"no answer within {seconds} s"
    except IncompleteReadError:
        fault = "hung up"
    except OSError as error:
        fault = str(error)
    return Silent(f"{endpoint.protocol} at {endpoint.host} port {endpoint.port}: {fault}") if fault else None


async def _converse(endpoint: Endpoint, reader: StreamReader, writer: StreamWriter) -> str | None:
    """What is wrong."""
    match endpoint.protocol:
        case WayIn.RFB:
            return await shake_hands(reader, writer, endpoint.password)
        case WayIn.SSH:
            return await _speaks_ssh(reader, writer)
        case WayIn.RDP:
            return await _speaks_rdp(reader, writer)
        case _:
            return None


async def _speaks_ssh(reader: StreamReader, writer: StreamWriter) -> str | None:
    """RFC 4253, section 4.2; 1.99 is a server that speaks both versions (section 5.1)."""
    # Who says nothing before hanging up is logged as an error over there.
    writer.write(_SSH_IDENTIFICATION)
    for _ in range(_SSH_LINES_BEFORE_VERSION):
        try:
            line = await reader.readline()
        except ValueError:  # longer than the reader's limit
            break
        if line.startswith((b"SSH-2.0-", b"SSH-1.99-")):
            return None
        if not line.endswith(b"\n"):
            return "hung up"
    return "does not speak SSH 2"


async def _speaks_rdp(reader: StreamReader, writer: StreamWriter) -> str | None:
    """The X.224 connection confirm, whatever it says of security ([MS-RDPBCGR] 2.2.1.2)."""
    writer.write(_RDP_REQUEST)
    version, length = _TPKT.unpack(await reader.readexactly(_TPKT.size))
    if version != 3 or not _SHORTEST_CONFIRM <= length <= _LONGEST_CONFIRM:
        return "does not speak RDP"
    confirm = await reader.readexactly(length - _TPKT.size)
    return None if confirm[1] & 0xF0 == _X224_CONFIRM else "does not speak RDP"
