"""The handshake towards a desktop: versions, security types, ClientInit (RFC 6143, sections 7.1 to 7.3)."""

import re
import struct
from collections.abc import Generator, Iterable
from typing import Final

from beamdesk.codecs.rfb.constants import SecurityType
from beamdesk.codecs.rfb.credentials import Credentials, SecurityPolicy
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.exact_reader import Buffer, ExactReader, Pause, Skip, Steps
from beamdesk.codecs.rfb.handshake_events import Authenticated, ClientHandshakeEvent, ServerInit, StartTls
from beamdesk.codecs.rfb.pixel_format import PixelFormat
from beamdesk.codecs.rfb.vnc_authentication import CHALLENGE_SIZE, response_to

__all__ = ["LONGEST_NAME", "LONGEST_REASON", "ClientHandshake"]

LONGEST_REASON: Final = 4096
"""Bytes of a refusal's text. Servers send one sentence."""

LONGEST_NAME: Final = 4096
"""Bytes of a desktop's name. It is a window's title; TigerVNC's is its `-desktop` argument."""

_VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")
_VERSION_SIZE = 12
_VENCRYPT_VERSION = b"\x00\x02"
_SERVER_INIT = struct.Struct(">HH16sI")

_UNDER_TLS = range(SecurityType.TLS_NONE, SecurityType.X509_PLAIN + 1)
_ANONYMOUS = range(SecurityType.TLS_NONE, SecurityType.TLS_PLAIN + 1)

_WITHOUT_PROOF = frozenset({SecurityType.NONE, SecurityType.TLS_NONE, SecurityType.X509_NONE})

_Asking = Generator[int | Skip | Pause, bytes, SecurityType]


class ClientHandshake:
    """One handshake as a client.

    Feed `receive` with what arrived, act on its events, write `bytes_to_send()` after every call. The
    order is [StartTls, then `tls_started`], Authenticated, then `send_client_init` whenever the caller
    wants, then ServerInit; after that `leftover` holds what came behind ServerInit.

    All methods raise RemoteProtocolError if the desktop breaks the protocol or refuses, and
    LocalProtocolError if they are called out of turn. After an error the handshake is over.
    """

    def __init__(
        self, credentials: Credentials | None = None, *, policy: SecurityPolicy | None = None
    ) -> None:
        self._credentials = credentials or Credentials()
        self._policy = policy or SecurityPolicy()
        self._events: list[ClientHandshakeEvent] = []
        self._to_send = bytearray()
        self._shared = True
        self._stage = "before its greeting"
        self._on_eof = RfbReason.CLOSED_EARLY
        self._reader = ExactReader(self._steps())

    @property
    def finished(self) -> bool:
        """ServerInit was received, or the handshake failed."""
        return self._reader.finished

    def receive(self, data: Buffer) -> list[ClientHandshakeEvent]:
        self._reader.feed(data)
        return self._take_events()

    def receive_eof(self) -> None:
        """The desktop closed the connection: always an error here, with the stage at which it happened."""
        if not self.finished:
            raise RemoteProtocolError(self._on_eof, f"the desktop closed the connection {self._stage}")

    def tls_started(self) -> list[ClientHandshakeEvent]:
        """The socket speaks TLS from now on."""
        self._reader.resume(Pause.TLS)
        return self._take_events()

    def send_client_init(self, *, shared: bool = True) -> None:
        """Enter the session; *shared* leaves the desktop's other viewers connected."""
        self._shared = shared
        self._reader.resume(Pause.CLIENT_INIT)

    def bytes_to_send(self) -> bytes:
        """What has to be written now; each byte is handed out once."""
        taken = bytes(self._to_send)
        self._to_send.clear()
        return taken

    def leftover(self) -> bytes:
        """Bytes that came after ServerInit: the beginning of the session. Handed out once."""
        return self._reader.take_rest()

    def _take_events(self) -> list[ClientHandshakeEvent]:
        taken, self._events = self._events, []
        return taken

    def _steps(self) -> Steps:
        minor = yield from self._agree_on_version()
        self._stage = "while security types were exchanged"
        if minor == 3:
            chosen = yield from self._be_told_security_type()
        else:
            chosen = yield from self._choose_security_type()
        authenticated_by = chosen
        if chosen is SecurityType.VENCRYPT:
            authenticated_by = yield from self._vencrypt()
        self._stage = "during authentication"
        yield from self._authenticate(authenticated_by)
        # Before 3.8 security type None has no SecurityResult (RFC 6143, section 7.2.1).
        if minor == 8 or chosen is not SecurityType.NONE:
            unproven = authenticated_by in _WITHOUT_PROOF
            reason = RfbReason.REFUSED if unproven else RfbReason.AUTHENTICATION_FAILED
            yield from self._security_result(reason, with_text=minor == 8)
        self._events.append(Authenticated(authenticated_by))
        yield Pause.CLIENT_INIT
        self._stage = "before ServerInit"
        self._to_send.append(self._shared)
        yield from self._server_init()

    def _agree_on_version(self) -> Generator[int | Skip | Pause, bytes, int]:
        """RFC 6143, section 7.1.1 and appendix A: what is not 3.3 or 3.7 and newer is spoken to as 3.8."""
        greeting = yield _VERSION_SIZE
        match = _VERSION.fullmatch(greeting)
        if match is None:
            raise RemoteProtocolError(RfbReason.NOT_RFB, f"greeted with {greeting!r}")
        version = int(match[1]), int(match[2])
        if version < (3, 3):
            raise RemoteProtocolError(
                RfbReason.UNSUPPORTED_VERSION, f"the desktop speaks version {version[0]}.{version[1]}"
            )
        # Apple reports 3.889, RealVNC 4.1 and 5.0; 3.5 was a misprint for 3.3.
        minor = 8 if version >= (3, 8) else 7 if version == (3, 7) else 3
        self._to_send += b"RFB 003.%03d\n" % minor
        return minor

    def _be_told_security_type(self) -> _Asking:
        """Version 3.3: the server decides (RFC 6143, appendix A)."""
        (decided,) = struct.unpack(">I", (yield 4))
        if decided == SecurityType.INVALID:
            yield from self._refused(RfbReason.REFUSED)
        return self._choose([decided])

    def _choose_security_type(self) -> _Asking:
        """RFC 6143, section 7.1.2."""
        count = (yield 1)[0]
        if count == 0:
            yield from self._refused(RfbReason.REFUSED)
        offered = yield count
        chosen = self._choose(offered)
        self._to_send.append(chosen)
        return chosen

    def _vencrypt(self) -> _Asking:
        """VeNCrypt 0.2: choose a subtype and, where it says so, go under TLS."""
        version = yield 2
        # The server's version is the highest that it speaks; later ones have not been published.
        if version < _VENCRYPT_VERSION:
            raise RemoteProtocolError(
                RfbReason.UNSUPPORTED_VERSION, f"VeNCrypt version {version[0]}.{version[1]}"
            )
        self._to_send += _VENCRYPT_VERSION
        if (yield 1) != b"\x00":
            raise RemoteProtocolError(RfbReason.UNSUPPORTED_VERSION, "VeNCrypt 0.2 was refused")
        count = (yield 1)[0]
        offered = struct.unpack(f">{count}I", (yield 4 * count))
        subtype = self._choose(offered)
        if subtype is SecurityType.VENCRYPT:
            raise RemoteProtocolError.malformed("VeNCrypt offered as a subtype of itself")
        self._to_send += struct.pack(">I", subtype)
        if subtype in _UNDER_TLS:
            if (yield 1) != b"\x01":
                raise RemoteProtocolError(RfbReason.TLS_REFUSED, "the desktop could not set up TLS")
            self._events.append(StartTls(anonymous=subtype in _ANONYMOUS))
            self._stage = "during the TLS handshake"
            yield Pause.TLS
        return subtype

    def _choose(self, offered: Iterable[int]) -> SecurityType:
        """The first acceptable type, VeNCrypt standing in for its subtypes."""
        offered = set(offered)
        lacking: list[SecurityType] = []
        for acceptable in self._policy.order:
            wire = acceptable
            if acceptable not in offered and acceptable >= SecurityType.PLAIN:
                wire = SecurityType.VENCRYPT
            if wire not in offered:
                continue
            if self._credentials.suffice_for(acceptable):
                return wire
            lacking.append(acceptable)
        if lacking:
            wanted = ", ".join(security_type.name for security_type in lacking)
            raise RemoteProtocolError(
                RfbReason.CREDENTIALS_NEEDED, f"the desktop wants credentials for {wanted}"
            )
        listed = ", ".join(map(str, sorted(offered))) or "nothing"
        raise RemoteProtocolError(
            RfbReason.NO_COMMON_SECURITY_TYPE, f"the desktop offers security types {listed}"
        )

    def _authenticate(self, security_type: SecurityType) -> Steps:
        password = self._credentials.password or ""
        match security_type:
            case SecurityType.VNC_AUTHENTICATION | SecurityType.TLS_VNC | SecurityType.X509_VNC:
                challenge = yield CHALLENGE_SIZE
                self._to_send += response_to(challenge, password)
            case SecurityType.PLAIN | SecurityType.TLS_PLAIN | SecurityType.X509_PLAIN:
                username, secret = (self._credentials.username or "").encode(), password.encode()
                self._to_send += struct.pack(">II", len(username), len(secret)) + username + secret

    def _security_result(self, reason: RfbReason, *, with_text: bool) -> Steps:
        """RFC 6143, section 7.1.3; the text came with version 3.8."""
        (status,) = struct.unpack(">I", (yield 4))
        if status == 0:
            return
        # Some servers that speak 3.8 leave the text out and hang up.
        self._on_eof = reason
        if with_text:
            yield from self._refused(reason)
        raise RemoteProtocolError(reason, f"the desktop answered with {status}")

    def _refused(self, reason: RfbReason) -> Steps:
        (length,) = struct.unpack(">I", (yield 4))
        if length > LONGEST_REASON:
            raise RemoteProtocolError.too_large("the reason of a refusal", length, LONGEST_REASON)
        text = yield length
        raise RemoteProtocolError(reason, text.decode("utf-8", "replace"))

    def _server_init(self) -> Steps:
        """RFC 6143, section 7.3.2."""
        head = yield _SERVER_INIT.size
        width, height, pixel_format, length = _SERVER_INIT.unpack(head)
        if length > LONGEST_NAME:
            raise RemoteProtocolError.too_large("the desktop's name", length, LONGEST_NAME)
        name = yield length
        self._events.append(
            ServerInit(
                width=width,
                height=height,
                pixel_format=PixelFormat.decode(pixel_format),
                name=name.decode("utf-8", "replace"),
                raw=head + name,
            )
        )
