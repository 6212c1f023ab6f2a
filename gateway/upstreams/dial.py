"""Opening a socket to a target."""

import asyncio
import socket
from typing import Final

from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.errors import UpstreamFailed

__all__ = ["RECEIVE_BUFFER", "dial"]

RECEIVE_BUFFER: Final = 512 * 1024
"""Bytes of a desktop's TCP stream that the kernel holds for a paused viewer. Left to itself it takes up to
`tcp_rmem`'s maximum, tens of MiB; this still carries 400 Mbit/s over 10 ms."""

_RETRY_SECONDS = 0.02

_KEEPALIVE_IDLE = 10
_KEEPALIVE_INTERVAL = 5
_KEEPALIVE_PROBES = 3
_USER_TIMEOUT_MS = 25_000
"""A desktop that vanished without a word, with its host or its cable, is noticed within half a minute."""


async def dial(target: Target, *, seconds: float) -> socket.socket:
    """A connected, non-blocking stream socket; raises `UpstreamFailed`."""
    try:
        async with asyncio.timeout(seconds):
            if target.unix_path is not None:
                return await _dial_unix(target.unix_path)
            if target.host is None or target.port is None:
                raise UpstreamFailed.unreachable("the target names no address")
            return await _dial_tcp(target.host, target.port)
    except TimeoutError:
        raise UpstreamFailed.unreachable(f"no connection within {seconds} s") from None
    except OSError as error:
        raise UpstreamFailed.unreachable(f"no connection: {error}") from error


async def _dial_unix(path: str) -> socket.socket:
    dialling = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        while True:
            try:
                dialling.connect(path)
            except BlockingIOError:
                # Not "in progress", as with TCP: the desktop's queue is full, and nothing tells when there
                # is room. `sock_connect` would take it for connected.
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return dialling
    except BaseException:
        dialling.close()
        raise


async def _dial_tcp(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    last: OSError | None = None
    for family, kind, protocol, _, address in found:
        dialling = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        _set_options(dialling)
        try:
            return await _connected(dialling, address)
        except OSError as error:
            last = error
    raise last or OSError(f"{host} has no address")


async def _connected(
    dialling: socket.socket, address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
) -> socket.socket:
    try:
        await asyncio.get_running_loop().sock_connect(dialling, address)
    except BaseException:
        dialling.close()
        raise
    return dialling


def _set_options(dialling: socket.socket) -> None:
    # Key presses are small and must not wait for the answer to the one before.
    dialling.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    dialling.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    dialling.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _KEEPALIVE_IDLE),
        ("TCP_KEEPINTVL", _KEEPALIVE_INTERVAL),
        ("TCP_KEEPCNT", _KEEPALIVE_PROBES),
        ("TCP_USER_TIMEOUT", _USER_TIMEOUT_MS),
    ):
        # Each exists on Linux; elsewhere the system's own times hold.
        if option := getattr(socket, name, None):
            dialling.setsockopt(socket.IPPROTO_TCP, option, value)
