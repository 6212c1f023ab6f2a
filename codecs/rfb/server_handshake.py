"""The handshake towards a viewer, who is let in with security type None (RFC 6143, sections 7.1 to 7.3).

Whoever comes this far has shown a ticket; the desktop's own authentication is the gateway's business.
"""

import re
import struct
from typing import Final

from beamdesk.codecs.rfb.constants import SecurityType
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.exact_reader import Buffer, ExactReader, Steps
from beamdesk.codecs.rfb.handshake_events import ClientInitReceived

__all__ = ["ServerHandshake"]

_GREETING: Final = b"RFB 003.008\n"
_VERSION = re.compile(rb"RFB 003\.(\d{3})\n")
_REFUSAL = b"Choose security type None."


class ServerHandshake:
    """One handshake as a server.

    Write `bytes_to_send()` first and after every `receive`. After ClientInitReceived the caller sends a
    ServerInit of its own, and `leftover` holds what the viewer sent behind ClientInit.
    """

    def __init__(self) -> None:
        self._events: list[ClientInitReceived] = []
        self._to_send = bytearray(_GREETING)
        self._reader = ExactReader(self._steps())

    @property
    def finished(self) -> bool:
        """ClientInit was received, or the handshake failed."""
        return self._reader.finished

    def receive(self, data: Buffer) -> list[ClientInitReceived]:
        """Take what the viewer sent.

        Raises RemoteProtocolError; `bytes_to_send` may then hold a last word for the viewer.
        """
        self._reader.feed(data)
        taken, self._events = self._events, []
        return taken

    def bytes_to_send(self) -> bytes:
        """What has to be written now; each byte is handed out once."""
        taken = bytes(self._to_send)
        self._to_send.clear()
        return taken

    def leftover(self) -> bytes:
        """Bytes that came after ClientInit. Handed out once."""
        return self._reader.take_rest()

    def _steps(self) -> Steps:
        answer = yield len(_GREETING)
        match = _VERSION.fullmatch(answer)
        if match is None:
            raise RemoteProtocolError(RfbReason.NOT_RFB, f"answered the greeting with {answer!r}")
        minor = int(match[1])
        if minor in {7, 8}:
            self._to_send += bytes((1, SecurityType.NONE))
            yield from self._security_type(minor)
        else:
            # 3.3, and whatever else is to be taken for it (appendix A): the server decides.
            self._to_send += struct.pack(">I", SecurityType.NONE)
        shared = yield 1
        self._events.append(ClientInitReceived(shared=shared != b"\0"))

    def _security_type(self, minor: int) -> Steps:
        chosen = (yield 1)[0]
        if chosen != SecurityType.NONE:
            if minor == 8:
                self._to_send += struct.pack(">II", 1, len(_REFUSAL)) + _REFUSAL
            raise RemoteProtocolError(
                RfbReason.NO_COMMON_SECURITY_TYPE, f"the viewer chose security type {chosen}"
            )
        # Version 3.7 has no SecurityResult for None (section 7.2.1 and appendix A).
        if minor == 8:
            self._to_send += struct.pack(">I", 0)
