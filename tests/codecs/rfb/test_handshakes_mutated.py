"""Random damage to handshakes: the protocol's own errors alone, bounded memory, the same in any split."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beamdesk.codecs.rfb.client_handshake import LONGEST_NAME, ClientHandshake
from beamdesk.codecs.rfb.credentials import Credentials
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.handshake_events import Authenticated, ServerInit, StartTls
from beamdesk.codecs.rfb.pixel_format import BGRX
from beamdesk.codecs.rfb.server_handshake import ServerHandshake

SERVER_INIT = struct.pack(">HH", 8, 6) + BGRX.encode() + struct.pack(">I", 4) + b"desk"
OK = b"\0\0\0\0"
VENCRYPT = b"\1\x13" + b"\0\2" + b"\0" + b"\2" + struct.pack(">II", 258, 261)
# Each piece is what a desktop says before it waits for an answer.
DESKTOPS = [
    [b"RFB 003.008\n", b"\2\1\2", OK, SERVER_INIT],
    [b"RFB 003.003\n", b"\0\0\0\2", bytes(16), OK, SERVER_INIT],
    [b"RFB 003.007\n", b"\1\2", bytes(16), OK, SERVER_INIT],
    [b"RFB 003.008\n", VENCRYPT, b"\1", bytes(16), OK, SERVER_INIT],
    [b"RFB 003.008\n", b"\0" + struct.pack(">I", 3) + b"why"],
]
VIEWERS = [b"RFB 003.008\n\1\1rest", b"RFB 003.007\n\1\1rest", b"RFB 003.003\n\1rest"]


def damaged(data: bytes, place: int, value: bytes) -> bytes:
    at = place % (len(data) + 1)
    return data[:at] + value + data[at + len(value) :]


def converse(pieces: list[bytes], size: int) -> tuple[object, ...]:
    handshake = ClientHandshake(Credentials(username="me", password="secret"))
    events, sent = [], b""
    try:
        for piece in pieces:
            for start in range(0, len(piece), size):
                if handshake.finished:
                    break
                fresh = handshake.receive(piece[start : start + size])
                while fresh:
                    event = fresh.pop(0)
                    events.append(event)
                    if isinstance(event, StartTls):
                        fresh += handshake.tls_started()
                    if isinstance(event, Authenticated):
                        handshake.send_client_init()
                sent += handshake.bytes_to_send()
                assert len(sent) < 100 + 8
    except RemoteProtocolError as error:
        return (error.reason,)
    name = events[-1].name if handshake.finished else ""
    assert len(name) <= LONGEST_NAME
    return (*events, sent)


@given(
    st.sampled_from(DESKTOPS), st.integers(0, 5), st.integers(0, 60), st.binary(max_size=6), st.integers(1, 9)
)
@settings(max_examples=1000, deadline=None)
def test_damaged_desktops(pieces, which, place, value, size):
    which %= len(pieces)
    pieces = [damaged(piece, place, value) if at == which else piece for at, piece in enumerate(pieces)]
    outcomes = converse(pieces, size), converse(pieces, 1)
    # Whether a byte came before or after the shell had started TLS is a difference, and the only one.
    if (RfbReason.UNEXPECTED_BYTES,) not in outcomes:
        assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("pieces", DESKTOPS[:-1])
def test_undamaged_desktops(pieces):
    assert isinstance(converse(pieces, 100)[-2], ServerInit)


@given(st.sampled_from(VIEWERS), st.integers(0, 20), st.binary(max_size=6), st.integers(1, 9))
@settings(max_examples=500, deadline=None)
def test_damaged_viewers(said, place, value, size):
    said = damaged(said, place, value)
    outcomes = []
    for step in (size, len(said)):
        handshake = ServerHandshake()
        handshake.bytes_to_send()
        seen: list[object] = []
        at = 0
        try:
            while at < len(said) and not handshake.finished:
                seen += handshake.receive(said[at : at + step])
                at += step
        except RemoteProtocolError as error:
            seen = [error.reason]
        else:
            if handshake.finished:
                seen.append(handshake.leftover() + said[at:])
        assert len(handshake.bytes_to_send()) < 50
        outcomes.append(seen)
    assert outcomes[0] == outcomes[1]
