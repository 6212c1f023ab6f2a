"""Real desktops and real conversations for the tests of the RFB codec."""

import datetime as dt
import ipaddress
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from beamdesk.codecs.rfb.client_handshake import ClientHandshake
from beamdesk.codecs.rfb.handshake_events import Authenticated, ClientHandshakeEvent, ServerInit, StartTls
from support.xtigervnc import Xtigervnc

PASSWORD = "Schlüssel"
"""Longer than eight bytes and not ASCII."""


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xtigervnc]:
    """A desktop that lets everybody in, on a unix socket."""
    with Xtigervnc(tmp_path_factory.mktemp("shared-desktop"), "-SecurityTypes", "None") as started:
        yield started


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `certificate.pem` for 127.0.0.1, its own authority, and `key.pem`."""
    folder = tmp_path_factory.mktemp("shared-certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "desktop")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder


@pytest.fixture(scope="session")
def secured_desktop(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Xtigervnc]:
    """A desktop that offers every security type of Xtigervnc, on a TCP port."""
    folder = tmp_path_factory.mktemp("shared-secured-desktop")
    obfuscated = subprocess.run(
        ["vncpasswd", "-f"], input=PASSWORD.encode() + b"\n", check=True, capture_output=True
    ).stdout
    (folder / "password").write_bytes(obfuscated)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Xtigervnc(
        folder,
        "-SecurityTypes",
        "None,VncAuth,Plain,TLSNone,TLSVnc,TLSPlain,X509None,X509Vnc,X509Plain",
        "-rfbauth",
        str(folder / "password"),
        "-X509Cert",
        str(certificate / "certificate.pem"),
        "-X509Key",
        str(certificate / "key.pem"),
        "-PlainUsers",
        "*",
        "-UseBlacklist=0",
        port=port,
    ) as started:
        yield started


@dataclass
class Entered:
    """A finished handshake: the connection (under TLS where asked for) and what happened."""

    connection: socket.socket
    events: list[ClientHandshakeEvent]
    rest: bytes

    @property
    def server_init(self) -> ServerInit:
        (found,) = (event for event in self.events if isinstance(event, ServerInit))
        return found


class Shell:
    """The I/O around a ClientHandshake that the gateway has too, here with blocking sockets."""

    def __init__(self, certificate: Path | None = None, *, chunk: int = 4096) -> None:
        self._certificate = certificate
        self._chunk = chunk

    def enter(self, connection: socket.socket, handshake: ClientHandshake) -> Entered:
        """Run *handshake* to its end, or close the connection and raise what the handshake raised."""
        events: list[ClientHandshakeEvent] = []
        try:
            while not handshake.finished:
                received = connection.recv(self._chunk)
                if not received:
                    handshake.receive_eof()
                fresh = handshake.receive(received)
                while fresh:
                    event = fresh.pop(0)
                    events.append(event)
                    match event:
                        case StartTls(anonymous=anonymous):
                            connection.sendall(handshake.bytes_to_send())
                            connection = self._upgraded(connection, anonymous=anonymous)
                            fresh += handshake.tls_started()
                        case Authenticated():
                            handshake.send_client_init(shared=True)
                connection.sendall(handshake.bytes_to_send())
        except BaseException:
            connection.close()
            raise
        return Entered(connection, events, handshake.leftover())

    def _upgraded(self, connection: socket.socket, *, anonymous: bool) -> ssl.SSLSocket:
        if anonymous:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("ADH:AECDH:@SECLEVEL=0")
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        else:
            assert self._certificate is not None
            context = ssl.create_default_context(cafile=str(self._certificate / "certificate.pem"))
        return context.wrap_socket(connection, server_hostname="127.0.0.1")


@pytest.fixture
def shell(certificate: Path) -> Shell:
    return Shell(certificate)


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture(scope="session")
def novnc_session() -> bytes:
    """What noVNC 1.7.0 sent to Xtigervnc 1.12.0 after its ClientInit: typing, dragging, scrolling, the
    clipboard in both directions, a resize, and answers to fences."""
    capture = Path(__file__).parent / "captures/novnc-1.7.0-to-xtigervnc-1.12.0.bin"
    handshake = len(b"RFB 003.008\n" + b"\x01" + b"\x01")
    return capture.read_bytes()[handshake:]


@pytest.fixture(scope="session")
def desktop_session() -> bytes:
    """What Xtigervnc 1.12.0 sent after its ServerInit to a viewer of 96×64 pixels that knows Raw, CopyRect,
    the cursor, fences, continuous updates and the extended clipboard: a scrolling terminal, bells, copied
    text, and a resize to 80×48."""
    capture = (Path(__file__).parent / "captures/xtigervnc-1.12.0-to-viewer.bin").read_bytes()
    return capture[24 + int.from_bytes(capture[20:24], "big") :]
