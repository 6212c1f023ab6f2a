"""The handshake as a client, byte by byte against the specification (RFC 6143, sections 7.1 to 7.3)."""

import struct

import pytest

from beamdesk.codecs.rfb.client_handshake import LONGEST_NAME, LONGEST_REASON, ClientHandshake
from beamdesk.codecs.rfb.constants import SecurityType
from beamdesk.codecs.rfb.credentials import Credentials, SecurityPolicy
from beamdesk.codecs.rfb.errors import LocalProtocolError, RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.handshake_events import Authenticated, ServerInit, StartTls
from beamdesk.codecs.rfb.pixel_format import BGRX

VERSION_3_3, VERSION_3_7, VERSION_3_8 = b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"
OK = struct.pack(">I", 0)
FAILED = struct.pack(">I", 1)
CHALLENGE = bytes(range(16))
# By OpenSSL: des-ecb with the key "password", the bits of each byte reversed.
RESPONSE = bytes.fromhex("b866924125c8eebb9debc1db61c538e2")
PASSWORD = Credentials(password="password")
PLAIN = Credentials(username="me", password="schön")
PLAIN_MESSAGE = struct.pack(">II", 2, 6) + b"me" + "schön".encode()


def text(reason: bytes) -> bytes:
    return struct.pack(">I", len(reason)) + reason


def server_init(name: bytes = b"desk", *, size: int | None = None) -> bytes:
    return struct.pack(">HH", 1280, 800) + BGRX.encode() + struct.pack(">I", size or len(name)) + name


def vencrypt(*subtypes: int) -> tuple[bytes, ...]:
    return (
        b"\x01\x13",
        b"\x00\x02",
        b"\x00",
        bytes([len(subtypes)]) + b"".join(struct.pack(">I", subtype) for subtype in subtypes),
    )


def converse(handshake: ClientHandshake, *said: bytes, cut: int = 1 << 30) -> tuple[list, bytes]:
    """Feed what the desktop says in chunks of at most *cut* bytes, acting on events as the shell does."""
    events, sent = [], b""
    for data in said:
        for start in range(0, len(data), cut):
            fresh = handshake.receive(data[start : start + cut])
            while fresh:
                event = fresh.pop(0)
                events.append(event)
                sent += handshake.bytes_to_send()
                if isinstance(event, StartTls):
                    fresh += handshake.tls_started()
                if isinstance(event, Authenticated):
                    handshake.send_client_init(shared=True)
            sent += handshake.bytes_to_send()
    return events, sent


GREETINGS = [
    (VERSION_3_3, VERSION_3_3),
    (b"RFB 003.005\n", VERSION_3_3),
    (b"RFB 003.006\n", VERSION_3_3),
    (VERSION_3_7, VERSION_3_7),
    (VERSION_3_8, VERSION_3_8),
    (b"RFB 003.889\n", VERSION_3_8),
    (b"RFB 004.001\n", VERSION_3_8),
    (b"RFB 005.000\n", VERSION_3_8),
]


@pytest.mark.parametrize(("greeting", "answer"), GREETINGS)
def test_answers_with_the_version_to_be_spoken(greeting, answer):
    _, sent = converse(ClientHandshake(), greeting)
    assert sent == answer


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"RFB 003.002\n", RfbReason.UNSUPPORTED_VERSION),
        (b"RFB 000.000\n", RfbReason.UNSUPPORTED_VERSION),
        (b"SSH-2.0-Open", RfbReason.NOT_RFB),
        (b"RFB 003.008\r", RfbReason.NOT_RFB),
        (b"RFB 3.8\n\0\0\0\0", RfbReason.NOT_RFB),
        (b"\0" * 12, RfbReason.NOT_RFB),
    ],
)
def test_refuses_what_is_not_a_greeting(greeting, reason):
    with pytest.raises(RemoteProtocolError) as caught:
        converse(ClientHandshake(), greeting)
    assert caught.value.reason is reason


CONVERSATIONS = {
    "3.3 None": (Credentials(), [VERSION_3_3, b"\0\0\0\1"], VERSION_3_3, SecurityType.NONE),
    "3.7 None": (Credentials(), [VERSION_3_7, b"\2\2\1"], VERSION_3_7 + b"\1", SecurityType.NONE),
    "3.8 None": (Credentials(), [VERSION_3_8, b"\2\2\1", OK], VERSION_3_8 + b"\1", SecurityType.NONE),
    "3.3 VncAuth": (
        PASSWORD,
        [VERSION_3_3, b"\0\0\0\2", CHALLENGE, OK],
        VERSION_3_3 + RESPONSE,
        SecurityType.VNC_AUTHENTICATION,
    ),
    "3.7 VncAuth": (
        PASSWORD,
        [VERSION_3_7, b"\1\2", CHALLENGE, OK],
        VERSION_3_7 + b"\2" + RESPONSE,
        SecurityType.VNC_AUTHENTICATION,
    ),
    "3.8 VncAuth": (
        PASSWORD,
        [VERSION_3_8, b"\3\5\2\x10", CHALLENGE, OK],
        VERSION_3_8 + b"\2" + RESPONSE,
        SecurityType.VNC_AUTHENTICATION,
    ),
    "3.7 VeNCrypt X509None has a result": (
        Credentials(),
        [VERSION_3_7, *vencrypt(260), b"\1", OK],
        VERSION_3_7 + b"\x13\0\2" + struct.pack(">I", 260),
        SecurityType.X509_NONE,
    ),
    "TLSVnc": (
        PASSWORD,
        [VERSION_3_8, *vencrypt(258), b"\1", CHALLENGE, OK],
        VERSION_3_8 + b"\x13\0\2" + struct.pack(">I", 258) + RESPONSE,
        SecurityType.TLS_VNC,
    ),
    "X509Plain": (
        PLAIN,
        [VERSION_3_8, *vencrypt(256, 262), b"\1", OK],
        VERSION_3_8 + b"\x13\0\2" + struct.pack(">I", 262) + PLAIN_MESSAGE,
        SecurityType.X509_PLAIN,
    ),
    "TLSPlain": (
        PLAIN,
        [VERSION_3_8, *vencrypt(259), b"\1", OK],
        VERSION_3_8 + b"\x13\0\2" + struct.pack(">I", 259) + PLAIN_MESSAGE,
        SecurityType.TLS_PLAIN,
    ),
    "Plain has no acknowledgement": (
        PLAIN,
        [VERSION_3_8, *vencrypt(256), OK],
        VERSION_3_8 + b"\x13\0\2" + struct.pack(">I", 256) + PLAIN_MESSAGE,
        SecurityType.PLAIN,
    ),
    "VncAuth as a subtype of VeNCrypt": (
        PASSWORD,
        [VERSION_3_8, *vencrypt(2), CHALLENGE, OK],
        VERSION_3_8 + b"\x13\0\2" + struct.pack(">I", 2) + RESPONSE,
        SecurityType.VNC_AUTHENTICATION,
    ),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("cut", [1, 2, 3, 5, 1 << 30])
def test_enters(name, cut):
    credentials, said, expected, security_type = CONVERSATIONS[name]
    handshake = ClientHandshake(credentials)
    events, sent = converse(handshake, *said, server_init(), cut=cut)
    assert [event for event in events if not isinstance(event, StartTls)] == [
        Authenticated(security_type),
        ServerInit(1280, 800, BGRX, "desk", server_init()),
    ]
    assert sent == expected + b"\1"
    assert handshake.finished
    assert handshake.leftover() == b""


def test_start_tls_says_whether_there_is_a_certificate():
    for subtype, anonymous in ((257, True), (260, False)):
        events, _ = converse(ClientHandshake(), VERSION_3_8, *vencrypt(subtype), b"\1")
        assert events == [StartTls(anonymous=anonymous)]


def test_keeps_what_came_after_server_init():
    handshake = ClientHandshake()
    converse(handshake, VERSION_3_8, b"\1\1", OK, server_init() + b"\0\0\0\1 and more")
    assert handshake.leftover() == b"\0\0\0\1 and more"
    assert handshake.leftover() == b""


ORDERS = [
    ([1, 2, 19], SecurityPolicy(), b"\1"),
    ([2, 19], SecurityPolicy(), b"\2"),
    ([1, 2, 19], SecurityPolicy.encrypted(), b"\x13"),
    ([1, 2, 19], SecurityPolicy((SecurityType.VNC_AUTHENTICATION, SecurityType.NONE)), b"\2"),
]


@pytest.mark.parametrize(("offered", "policy", "chosen"), ORDERS)
def test_takes_the_preferred_of_what_is_acceptable(offered, policy, chosen):
    handshake = ClientHandshake(PASSWORD, policy=policy)
    _, sent = converse(handshake, VERSION_3_8, bytes([len(offered), *offered]))
    assert sent == VERSION_3_8 + chosen


def test_takes_the_preferred_subtype_for_which_there_are_credentials():
    _, sent = converse(ClientHandshake(PASSWORD), VERSION_3_8, *vencrypt(259, 258, 262))
    assert sent.endswith(struct.pack(">I", 258))


REFUSALS = {
    "3.8 list is empty": (
        [VERSION_3_8, b"\0", text(b"Too many failures")],
        RfbReason.REFUSED,
        "Too many failures",
    ),
    "3.7 list is empty": ([VERSION_3_7, b"\0", text(b"busy")], RfbReason.REFUSED, "busy"),
    "3.3 says invalid": ([VERSION_3_3, b"\0\0\0\0", text(b"busy")], RfbReason.REFUSED, "busy"),
    "3.8 None fails": ([VERSION_3_8, b"\1\1", FAILED, text(b"no")], RfbReason.REFUSED, "no"),
    "3.8 password is wrong": (
        [VERSION_3_8, b"\1\2", CHALLENGE, FAILED, text(b"wrong")],
        RfbReason.AUTHENTICATION_FAILED,
        "wrong",
    ),
    "3.7 password is wrong": (
        [VERSION_3_7, b"\1\2", CHALLENGE, FAILED],
        RfbReason.AUTHENTICATION_FAILED,
        "answered with 1",
    ),
    "3.3 too many attempts": (
        [VERSION_3_3, b"\0\0\0\2", CHALLENGE, b"\0\0\0\2"],
        RfbReason.AUTHENTICATION_FAILED,
        "answered with 2",
    ),
    "nothing in common": ([VERSION_3_8, b"\2\5\x1e"], RfbReason.NO_COMMON_SECURITY_TYPE, "5, 30"),
    "3.3 nothing in common": ([VERSION_3_3, b"\0\0\0\7"], RfbReason.NO_COMMON_SECURITY_TYPE, "7"),
    "no subtype in common": ([VERSION_3_8, *vencrypt(263, 264)], RfbReason.NO_COMMON_SECURITY_TYPE, "263"),
    "no subtype at all": ([VERSION_3_8, *vencrypt()], RfbReason.NO_COMMON_SECURITY_TYPE, "nothing"),
    "VeNCrypt in VeNCrypt": ([VERSION_3_8, *vencrypt(19)], RfbReason.MALFORMED, "itself"),
    "VeNCrypt 0.1": ([VERSION_3_8, b"\1\x13", b"\0\1"], RfbReason.UNSUPPORTED_VERSION, "0.1"),
    "VeNCrypt 0.2 refused": (
        [VERSION_3_8, b"\1\x13", b"\0\2", b"\xff"],
        RfbReason.UNSUPPORTED_VERSION,
        "0.2",
    ),
    "no TLS": ([VERSION_3_8, *vencrypt(260), b"\0"], RfbReason.TLS_REFUSED, "TLS"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_are_clear(name):
    said, reason, words = REFUSALS[name]
    handshake = ClientHandshake(PASSWORD)
    with pytest.raises(RemoteProtocolError) as caught:
        converse(handshake, *said)
    assert caught.value.reason is reason
    assert words in caught.value.detail
    assert handshake.finished


def test_says_which_credentials_are_missing():
    with pytest.raises(RemoteProtocolError) as caught:
        converse(ClientHandshake(), VERSION_3_8, b"\1\2")
    assert caught.value.reason is RfbReason.CREDENTIALS_NEEDED
    assert "VNC_AUTHENTICATION" in caught.value.detail


def test_a_hang_up_after_a_failed_result_is_a_failed_sign_in():
    handshake = ClientHandshake(PASSWORD)
    converse(handshake, VERSION_3_8, b"\1\2", CHALLENGE, FAILED)
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.receive_eof()
    assert caught.value.reason is RfbReason.AUTHENTICATION_FAILED


def test_a_hang_up_before_that_names_the_stage():
    handshake = ClientHandshake(PASSWORD)
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.receive_eof()
    assert (caught.value.reason, "greeting" in caught.value.detail) == (RfbReason.CLOSED_EARLY, True)


def test_the_end_after_server_init_is_no_error():
    handshake = ClientHandshake()
    converse(handshake, VERSION_3_8, b"\1\1", OK, server_init())
    handshake.receive_eof()


def test_a_name_at_the_limit_passes():
    events, _ = converse(ClientHandshake(), VERSION_3_8, b"\1\1", OK, server_init(b"n" * LONGEST_NAME))
    assert len(events[-1].name) == LONGEST_NAME


def test_a_name_past_the_limit_is_refused_before_it_arrives():
    with pytest.raises(RemoteProtocolError) as caught:
        converse(ClientHandshake(), VERSION_3_8, b"\1\1", OK, server_init(b"", size=LONGEST_NAME + 1))
    assert caught.value.reason is RfbReason.TOO_LARGE


def test_a_reason_at_the_limit_passes_shortened():
    with pytest.raises(RemoteProtocolError) as caught:
        converse(ClientHandshake(), VERSION_3_8, b"\0", text(b"r" * LONGEST_REASON))
    assert caught.value.reason is RfbReason.REFUSED
    assert set(caught.value.detail) == {"r"}


def test_a_reason_past_the_limit_is_refused_before_it_arrives():
    with pytest.raises(RemoteProtocolError) as caught:
        converse(ClientHandshake(), VERSION_3_8, b"\0", struct.pack(">I", LONGEST_REASON + 1))
    assert caught.value.reason is RfbReason.TOO_LARGE


def test_control_characters_of_a_reason_are_not_handed_on():
    with pytest.raises(RemoteProtocolError) as caught:
        converse(ClientHandshake(), VERSION_3_8, b"\0", text(b"\x1b[2J\nforged log line"))
    assert caught.value.detail.isprintable()


@pytest.mark.parametrize("behind", [b"\1", b"\0" * 5000])
def test_plain_text_behind_the_acknowledgement_of_tls_is_refused(behind):
    handshake = ClientHandshake(PASSWORD)
    with pytest.raises(RemoteProtocolError) as caught:
        converse(handshake, VERSION_3_8, *vencrypt(260), b"\1" + behind)
    assert caught.value.reason is RfbReason.UNEXPECTED_BYTES


def test_bytes_before_client_init_are_refused():
    handshake = ClientHandshake()
    for said in (VERSION_3_8, b"\1\1", OK):
        handshake.receive(said)
    assert handshake.receive(b"") == []
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.receive(server_init())
    assert caught.value.reason is RfbReason.UNEXPECTED_BYTES


def test_calls_out_of_turn_are_our_own_fault():
    handshake = ClientHandshake()
    with pytest.raises(LocalProtocolError):
        handshake.tls_started()
    with pytest.raises(LocalProtocolError):
        handshake.send_client_init()
    with pytest.raises(LocalProtocolError):
        handshake.leftover()
    converse(handshake, VERSION_3_8, b"\1\1", OK, server_init())
    with pytest.raises(LocalProtocolError):
        handshake.receive(b"more")


def test_credentials_are_not_shown():
    shown = repr(Credentials(username="me-myself", password="secret"))
    assert "secret" not in shown
    assert "me-myself" not in shown
