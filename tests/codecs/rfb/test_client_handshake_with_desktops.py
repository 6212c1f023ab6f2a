"""The handshake as a client against a real Xtigervnc, by every security type that it offers."""

import socket
import struct

import pytest

from beamdesk.codecs.rfb.client_handshake import ClientHandshake
from beamdesk.codecs.rfb.constants import SecurityType
from beamdesk.codecs.rfb.credentials import Credentials, SecurityPolicy
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.handshake_events import Authenticated, StartTls
from support.xtigervnc import Xtigervnc

pytestmark = pytest.mark.desktop

PROVEN = [SecurityType.VNC_AUTHENTICATION, SecurityType.TLS_VNC, SecurityType.X509_VNC]
UNPROVEN = [SecurityType.NONE, SecurityType.TLS_NONE, SecurityType.X509_NONE]
PLAIN = [SecurityType.PLAIN, SecurityType.TLS_PLAIN, SecurityType.X509_PLAIN]


@pytest.mark.parametrize("security_type", [*UNPROVEN, *PROVEN], ids=lambda it: it.name)
def test_enters_by(security_type, secured_desktop: Xtigervnc, shell, password):
    handshake = ClientHandshake(
        Credentials(password=password if security_type in PROVEN else None),
        policy=SecurityPolicy((security_type,)),
    )
    entered = shell.enter(secured_desktop.connect(), handshake)
    with entered.connection:
        assert Authenticated(security_type) in entered.events
        tls = [event for event in entered.events if isinstance(event, StartTls)]
        anonymous = security_type in {SecurityType.TLS_NONE, SecurityType.TLS_VNC}
        under_tls = security_type > SecurityType.PLAIN
        assert tls == ([StartTls(anonymous=anonymous)] if under_tls else [])
        init = entered.server_init
        assert (init.width, init.height) == (320, 240)
        assert init.pixel_format.bits_per_pixel == 32
        assert init.raw[:4] == struct.pack(">HH", 320, 240)
        assert init.raw.endswith(init.name.encode())
        assert not entered.rest


@pytest.mark.parametrize("security_type", PROVEN, ids=lambda it: it.name)
def test_a_wrong_password_is_named_as_such(security_type, secured_desktop: Xtigervnc, shell):
    handshake = ClientHandshake(Credentials(password="wrong"), policy=SecurityPolicy((security_type,)))
    with pytest.raises(RemoteProtocolError) as caught:
        shell.enter(secured_desktop.connect(), handshake)
    assert caught.value.reason is RfbReason.AUTHENTICATION_FAILED
    assert "uthentication fail" in caught.value.detail


@pytest.mark.parametrize("security_type", PLAIN, ids=lambda it: it.name)
def test_a_plain_sign_in_arrives_whole_and_is_judged(security_type, secured_desktop: Xtigervnc, shell):
    handshake = ClientHandshake(
        Credentials(username="nobody-known", password="wrong"), policy=SecurityPolicy((security_type,))
    )
    with pytest.raises(RemoteProtocolError) as caught:
        shell.enter(secured_desktop.connect(), handshake)
    assert caught.value.reason is RfbReason.AUTHENTICATION_FAILED
    # Said only after PAM was asked for that user: lengths, name and password were read as sent.
    assert "invalid password or username" in caught.value.detail


def test_only_the_first_eight_bytes_of_a_password_count(secured_desktop: Xtigervnc, shell, password):
    first_eight = password.encode()[:8].decode()
    handshake = ClientHandshake(
        Credentials(password=first_eight + "anything"),
        policy=SecurityPolicy((SecurityType.VNC_AUTHENTICATION,)),
    )
    with shell.enter(secured_desktop.connect(), handshake).connection:
        assert handshake.finished


def test_stops_before_client_init_until_told(desktop: Xtigervnc):
    handshake = ClientHandshake()
    with desktop.connect() as connection:
        events = []
        while Authenticated(SecurityType.NONE) not in events:
            events += handshake.receive(connection.recv(1))
            connection.sendall(handshake.bytes_to_send())
        assert handshake.bytes_to_send() == b""
        handshake.send_client_init(shared=False)
        assert handshake.bytes_to_send() == b"\0"
        connection.sendall(b"\0")
        while not handshake.finished:
            events += handshake.receive(connection.recv(1))
        assert events[-1].name


def test_a_desktop_that_refuses_tells_why(secured_desktop: Xtigervnc):
    """Xtigervnc says no to a version that it does not know, as the client had asked for it."""
    with secured_desktop.connect() as connection:
        handshake = ClientHandshake()
        handshake.receive(connection.recv(12))
        connection.sendall(b"RFB 004.000\n")
        refusal = b"".join(iter(lambda: connection.recv(4096), b""))
        with pytest.raises(RemoteProtocolError) as caught:
            handshake.receive(refusal)
    assert caught.value.reason is RfbReason.REFUSED
    assert "version 4.0" in caught.value.detail


def test_a_desktop_that_goes_away_is_noticed():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"RFB 003.008\n")
        handshake = ClientHandshake()
        handshake.receive(ours.recv(100))
        theirs.close()
        assert ours.recv(100) == b""
        with pytest.raises(RemoteProtocolError) as caught:
            handshake.receive_eof()
    assert caught.value.reason is RfbReason.CLOSED_EARLY
    assert "security types" in caught.value.detail
