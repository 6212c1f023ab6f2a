"""The handshake as a server (RFC 6143, sections 7.1 to 7.3 and appendix A)."""

import pytest

from beamdesk.codecs.rfb.client_handshake import ClientHandshake
from beamdesk.codecs.rfb.errors import LocalProtocolError, RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.handshake_events import ClientInitReceived
from beamdesk.codecs.rfb.server_handshake import ServerHandshake

GREETING = b"RFB 003.008\n"

CONVERSATIONS = {
    "3.8": (GREETING + b"\1\1", b"\1\1" + b"\0\0\0\0", True),
    "3.8 exclusive": (GREETING + b"\1\0", b"\1\1" + b"\0\0\0\0", False),
    "3.7": (b"RFB 003.007\n" + b"\1\1", b"\1\1", True),
    "3.3": (b"RFB 003.003\n" + b"\1", b"\0\0\0\1", True),
    "3.5 is 3.3": (b"RFB 003.005\n" + b"\0", b"\0\0\0\1", False),
    "3.889 is 3.3": (b"RFB 003.889\n" + b"\1", b"\0\0\0\1", True),
}


@pytest.mark.parametrize("cut", [1, 2, 7, 1 << 30])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_lets_a_viewer_in(name, cut):
    said, expected, shared = CONVERSATIONS[name]
    handshake = ServerHandshake()
    sent, events = handshake.bytes_to_send(), []
    for start in range(0, len(said), cut):
        events += handshake.receive(said[start : start + cut])
        sent += handshake.bytes_to_send()
    assert sent == GREETING + expected
    assert events == [ClientInitReceived(shared=shared)]
    assert handshake.finished


def test_keeps_what_came_after_client_init():
    handshake = ServerHandshake()
    handshake.receive(GREETING + b"\1\1" + b"\3\0\0\0")
    assert handshake.leftover() == b"\3\0\0\0"


@pytest.mark.parametrize("answer", [b"GET / HTTP/1", b"RFB 004.001\n", b"RFB 003.00x\n", b"\0" * 12])
def test_refuses_what_is_no_answer_to_the_greeting(answer):
    handshake = ServerHandshake()
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.receive(answer)
    assert caught.value.reason is RfbReason.NOT_RFB
    with pytest.raises(LocalProtocolError):
        handshake.receive(b"more")


@pytest.mark.parametrize("chosen", [0, 2, 19, 255])
def test_another_security_type_is_refused_with_a_reason(chosen):
    handshake = ServerHandshake()
    handshake.receive(GREETING)
    handshake.bytes_to_send()
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.receive(bytes([chosen]))
    assert caught.value.reason is RfbReason.NO_COMMON_SECURITY_TYPE
    assert handshake.bytes_to_send() == b"\0\0\0\1" + b"\0\0\0\x1a" + b"Choose security type None."


def test_version_3_7_has_no_text_for_a_refusal():
    handshake = ServerHandshake()
    handshake.receive(b"RFB 003.007\n")
    handshake.bytes_to_send()
    with pytest.raises(RemoteProtocolError):
        handshake.receive(b"\2")
    assert handshake.bytes_to_send() == b""


def test_both_handshakes_understand_each_other():
    client, server = ClientHandshake(), ServerHandshake()
    events = []
    while not server.finished:
        if to_client := server.bytes_to_send():
            events += client.receive(to_client)
        if events:
            client.send_client_init(shared=False)
        if to_server := client.bytes_to_send():
            events += server.receive(to_server)
    assert events[-1] == ClientInitReceived(shared=False)
