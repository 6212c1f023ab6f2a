"""A desktop that speaks RFB, from its address to the signed-in connection."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from beamdesk.codecs.rfb.client_handshake import ClientHandshake
from beamdesk.codecs.rfb.credentials import Credentials
from beamdesk.codecs.rfb.errors import RemoteProtocolError
from beamdesk.codecs.rfb.handshake_events import Authenticated, ClientHandshakeEvent, ServerInit, StartTls
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.dial import dial
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.socket_stream import SocketStream
from beamdesk.gateway.upstreams.streams import ByteStream, ReadBuffer
from beamdesk.gateway.upstreams.tls import anonymous_context, verifying_context
from beamdesk.gateway.upstreams.tls_stream import start_tls

__all__ = ["CONNECT_SECONDS", "STEP_SECONDS", "Entered", "RfbUpstream", "sign_in_to"]

CONNECT_SECONDS: Final = 5.0
"""For the socket. Desktops are on the same machine or network."""

STEP_SECONDS: Final = 10.0
"""For each answer of a handshake. TigerVNC delays its answer after failed sign-ins by up to ten seconds."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The session's first bytes: ServerInit as it came, and what came right behind it."""

    server_init: ServerInit
    leftover: bytes


class RfbUpstream:
    """A signed-in connection that waits before ClientInit; made by `sign_in_to`."""

    def __init__(self, stream: ByteStream, handshake: ClientHandshake) -> None:
        self.stream = stream
        self._handshake = handshake

    async def enter(self) -> Entered:
        """Send ClientInit, always shared, and wait for ServerInit; raises `UpstreamFailed`."""
        self._handshake.send_client_init(shared=True)
        event = await _next_event(self.stream, self._handshake)
        if not isinstance(event, ServerInit):
            raise TypeError(event)
        return Entered(event, self._handshake.leftover())


@asynccontextmanager
async def sign_in_to(target: Target, *, view_only: bool, buffer: ReadBuffer) -> AsyncIterator[RfbUpstream]:
    """A connection for the context's time; raises `UpstreamFailed`.

    *view_only* uses the desktop's view-only password where it has one: it then refuses input by itself.
    """
    password = target.password
    if view_only and target.view_only_password is not None:
        password = target.view_only_password
    handshake = ClientHandshake(Credentials(target.username, password))
    connected = await dial(target, seconds=CONNECT_SECONDS)
    stream: ByteStream = SocketStream(connected)
    try:
        event = await _next_event(stream, handshake)
        if isinstance(event, StartTls):
            connected = connected.dup()
            await stream.close()
            stream = await _secured(connected, target, anonymous=event.anonymous, buffer=buffer)
            event = await _next_event(stream, handshake, handshake.tls_started())
        if not isinstance(event, Authenticated):
            raise TypeError(event)
        yield RfbUpstream(stream, handshake)
    finally:
        await stream.close()


async def _next_event(
    stream: ByteStream, handshake: ClientHandshake, events: Sequence[ClientHandshakeEvent] = ()
) -> ClientHandshakeEvent:
    """Converse until the handshake reports something, unless *events* do already.

    Events never come two at a time: after each the handshake waits for its caller.
    """
    try:
        while not events:
            stream.send(handshake.bytes_to_send())
            async with asyncio.timeout(STEP_SECONDS):
                data = await stream.receive()
            if not data:
                handshake.receive_eof()
            events = handshake.receive(data)
        stream.send(handshake.bytes_to_send())
        return events[0]
    except RemoteProtocolError as error:
        raise UpstreamFailed.by_protocol(error) from error
    except TimeoutError:
        raise UpstreamFailed.unreachable(f"no answer within {STEP_SECONDS} s") from None
    except OSError as error:
        raise UpstreamFailed.unreachable(f"the connection broke during the handshake: {error}") from error


async def _secured(
    connected: socket.socket, target: Target, *, anonymous: bool, buffer: ReadBuffer
) -> ByteStream:
    try:
        if anonymous:
            context = anonymous_context()
        else:
            context = await asyncio.to_thread(verifying_context, target.tls_ca_file)
        return await start_tls(
            connected,
            context,
            server_hostname=target.host or "localhost",
            seconds=STEP_SECONDS,
            buffer=buffer,
        )
    except ssl.SSLCertVerificationError as error:
        connected.close()
        raise UpstreamFailed.untrusted(f"its certificate is not trusted: {error.verify_message}") from error
    except OSError as error:
        connected.close()
        raise UpstreamFailed.unreachable(f"no TLS: {error}") from error
    except BaseException:
        connected.close()
        raise
