"""One connection to guacd, from its address to its first instructions."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import structlog

from beamdesk.codecs.guac.client_handshake import ClientHandshake, Step, ViewerAbilities
from beamdesk.codecs.guac.errors import GuacError
from beamdesk.codecs.guac.handshake_events import (
    ArgumentsRequested,
    ConnectionId,
    ParametersRequired,
    ProtocolVersion,
    Ready,
    Refused,
)
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.upstreams.dial import dial
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.endings import failed_by_protocol, refused
from beamdesk.gateway.upstreams.guacd.reader import InstructionReader, InstructionSink
from beamdesk.gateway.upstreams.socket_stream import SocketStream
from beamdesk.gateway.upstreams.streams import ByteStream, ReadBuffer
from beamdesk.gateway.upstreams.tls import verifying_context
from beamdesk.gateway.upstreams.tls_stream import start_tls

__all__ = ["CONNECT_SECONDS", "SILENCE_SECONDS", "STEP_SECONDS", "GuacdConnection", "connected"]

CONNECT_SECONDS: Final = 5.0
"""For the socket."""

STEP_SECONDS: Final = 10.0
"""For each answer of guacd's. It never answers the `select` of a protocol that it has no plug-in for."""

RDP_STEP_SECONDS: Final = 20.0
"""RDP negotiates security and a licence before anything is drawn."""

SILENCE_SECONDS: Final = 15.0
"""guacd says at least `nop` every five seconds; it drops users that are silent for so long, and so do we."""

_NOP: Final = Instruction("nop").encode()
_DISCONNECT: Final = Instruction("disconnect").encode()

_log = structlog.stdlib.get_logger(__name__)


class GuacdConnection:
    """A user of guacd that is past the handshake; made by `connected`.

    Nothing is read before `relay_to`; from then on it must be read without pause, or it freezes all others.
    """

    def __init__(
        self, stream: ByteStream, ready: Ready, leftover: bytes, required: tuple[str, ...], buffer: ReadBuffer
    ) -> None:
        self.stream = stream
        self.id: ConnectionId = ready.connection_id
        self.version: ProtocolVersion = ready.version
        self.required = required
        """Parameters that guacd asked for before it was ready."""
        self._leftover = leftover
        self._buffer = buffer
        self._reader: InstructionReader | None = None
        self._silent_since: float | None = None

    def relay_to(self, sink: InstructionSink) -> None:
        """From now on guacd's instructions go to *sink*, beginning with what has come already."""
        self._reader = InstructionReader(self._buffer, sink)
        if self._leftover:
            self._reader.take(memoryview(self._leftover))
            self._leftover = b""
        self.stream.relay_to(self._reader)

    def send(self, instruction: Instruction) -> None:
        self.stream.send(instruction.encode())

    @property
    def is_held_up(self) -> bool:
        """Whether guacd has not taken everything yet that was sent."""
        return self.stream.is_held_up

    async def drain(self) -> None:
        """Wait until guacd has taken what was sent."""
        await self.stream.drain()

    def nop(self) -> None:
        """Show that we are there; what has died on the other side shows itself, too."""
        self.stream.send(_NOP)

    def give_up(self) -> None:
        """Take it for dead: its sink is told, as if guacd had broken off."""
        if self._reader is not None:
            self._reader.source_ended(TimeoutError(f"nothing came for {SILENCE_SECONDS} s"))

    def is_silent(self, now: float) -> bool:
        """Whether nothing has come for too long. To be asked every second or so."""
        if self._reader is None or self._reader.heard or self._silent_since is None:
            self._silent_since = now
            if self._reader is not None:
                self._reader.heard = False
        return now - self._silent_since >= SILENCE_SECONDS


@asynccontextmanager
async def connected(
    address: GuacdAddress,
    selected: str | ConnectionId,
    abilities: ViewerAbilities,
    parameters: Mapping[str, str],
    *,
    buffer: ReadBuffer,
) -> AsyncIterator[GuacdConnection]:
    """A connection for the context's time; raises `UpstreamFailed`.

    *selected* is a protocol or the id of a connection to join. Of *parameters* only the names are logged.
    """
    handshake = ClientHandshake(selected, abilities, parameters)
    stream = await _open(address, buffer)
    try:
        ready, required = await _shake_hands(stream, handshake, selected)
        try:
            yield GuacdConnection(stream, ready, handshake.leftover(), required, buffer)
        finally:
            # Else guacd may take the fifteen seconds of a silent user to see that this one is gone.
            stream.send(_DISCONNECT)
    finally:
        await stream.close()


async def _open(address: GuacdAddress, buffer: ReadBuffer) -> ByteStream:
    try:
        plain = await dial(address.target, seconds=CONNECT_SECONDS)
    except UpstreamFailed as failure:
        raise UpstreamFailed(EndReason.RELAY_FAILED, f"guacd at {address}: {failure.detail}") from failure
    return await _secured(plain, address, buffer) if address.tls else SocketStream(plain)


async def _secured(plain: socket.socket, address: GuacdAddress, buffer: ReadBuffer) -> ByteStream:
    try:
        context = await asyncio.to_thread(verifying_context, address.tls_ca_file)
        return await start_tls(
            plain, context, server_hostname=address.host, seconds=STEP_SECONDS, buffer=buffer
        )
    except ssl.SSLCertVerificationError as error:
        plain.close()
        detail = f"guacd's certificate is not trusted: {error.verify_message}"
        raise UpstreamFailed(EndReason.RELAY_FAILED, detail) from error
    except OSError as error:
        plain.close()
        raise UpstreamFailed(EndReason.RELAY_FAILED, f"no TLS with guacd: {error}") from error
    except BaseException:
        plain.close()
        raise


async def _shake_hands(
    stream: ByteStream, handshake: ClientHandshake, selected: str
) -> tuple[Ready, tuple[str, ...]]:
    """Until `ready`; with it the parameters that guacd asked for meanwhile."""
    required: tuple[str, ...] = ()
    seconds = RDP_STEP_SECONDS if selected == "rdp" else STEP_SECONDS
    try:
        while True:
            stream.send(handshake.bytes_to_send())
            async with asyncio.timeout(seconds):
                data = await stream.receive()
            for event in handshake.receive(data) if data else handshake.receive_eof():
                match event:
                    case ArgumentsRequested(server_version=version, unused=unused):
                        _log.debug("guacd asks for parameters", version=str(version), unused=sorted(unused))
                    case ParametersRequired(names):
                        required = names
                    case Ready():
                        return event, required
                    case Refused():
                        raise refused(event)
    except GuacError as error:
        raise failed_by_protocol(error) from error
    except TimeoutError:
        step = "does not offer the protocol or is busy" if handshake.waiting_for is Step.ARGS else "is stuck"
        detail = f"guacd {step}: no {handshake.waiting_for} within {seconds} s"
        raise UpstreamFailed(EndReason.RELAY_FAILED, detail) from None
    except OSError as error:
        detail = f"the connection to guacd broke during the handshake: {error}"
        raise UpstreamFailed(EndReason.RELAY_FAILED, detail) from error
