"""Scripts of the conversation with every version of guacd."""

import pytest

from beamdesk.codecs.guac.client_handshake import ClientHandshake, Step, ViewerAbilities
from beamdesk.codecs.guac.errors import GuacReason, LocalProtocolError, RemoteProtocolError
from beamdesk.codecs.guac.handshake_events import (
    ArgumentsRequested,
    ParametersRequired,
    ProtocolVersion,
    Ready,
    Refused,
)
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.status import Status
from support.guac_readings import decode

ABILITIES = ViewerAbilities(
    1280,
    800,
    audio=("audio/L16",),
    image=("image/png", "image/webp"),
    timezone="Europe/Grenoble",
    name="Marie",
)
PARAMETERS = {"hostname": "127.0.0.1", "port": "5901"}


def said(handshake: ClientHandshake) -> list[Instruction]:
    reading = decode([handshake.bytes_to_send()])
    assert reading.reason is None
    return list(reading.instructions)


def opened(selected: str = "vnc", parameters: dict[str, str] | None = None) -> ClientHandshake:
    handshake = ClientHandshake(selected, ABILITIES, PARAMETERS if parameters is None else parameters)
    assert said(handshake) == [Instruction("select", (selected,))]
    return handshake


def args(*names: str) -> bytes:
    return Instruction("args", names).encode()


SIZE = Instruction("size", ("1280", "800", "96"))
AUDIO = Instruction("audio", ("audio/L16",))
VIDEO = Instruction("video")
IMAGE = Instruction("image", ("image/png", "image/webp"))
TIMEZONE = Instruction("timezone", ("Europe/Grenoble",))
NAME = Instruction("name", ("Marie",))


@pytest.mark.parametrize(
    ("announced", "spoken", "described"),
    [
        ((), "VERSION_1_0_0", [SIZE, AUDIO, VIDEO, IMAGE]),
        (("VERSION_1_0_0",), "VERSION_1_0_0", [SIZE, AUDIO, VIDEO, IMAGE]),
        (("VERSION_1_1_0",), "VERSION_1_1_0", [SIZE, AUDIO, VIDEO, IMAGE, TIMEZONE]),
        (("VERSION_1_2_0",), "VERSION_1_1_0", [SIZE, AUDIO, VIDEO, IMAGE, TIMEZONE]),
        (("VERSION_1_3_0",), "VERSION_1_3_0", [SIZE, AUDIO, VIDEO, IMAGE, TIMEZONE]),
        (("VERSION_1_5_0",), "VERSION_1_5_0", [SIZE, AUDIO, VIDEO, IMAGE, TIMEZONE, NAME]),
        (("VERSION_1_10_2",), "VERSION_1_5_0", [SIZE, AUDIO, VIDEO, IMAGE, TIMEZONE, NAME]),
        (("VERSION_2_0_0",), "VERSION_1_5_0", [SIZE, AUDIO, VIDEO, IMAGE, TIMEZONE, NAME]),
        (("VERSION_0_9_9",), "VERSION_1_0_0", [SIZE, AUDIO, VIDEO, IMAGE]),
    ],
)
def test_each_version(announced, spoken, described) -> None:
    handshake = opened()
    assert handshake.waiting_for is Step.ARGS
    (asked,) = handshake.receive(args(*announced, "hostname", "read-only", "port"))
    assert isinstance(asked, ArgumentsRequested)
    assert str(asked.version) == spoken
    assert asked.names == ("hostname", "read-only", "port")
    values = (*((spoken,) if announced else ()), "127.0.0.1", "", "5901")
    assert said(handshake) == [*described, Instruction("connect", values)]
    assert handshake.waiting_for is Step.READY
    assert handshake.receive(b"5.ready,2.$7;4.size,1.0,2.64,2.64;4.sy") == [Ready("$7", asked.version)]
    assert handshake.finished
    assert handshake.leftover() == b"4.size,1.0,2.64,2.64;4.sy"
    assert handshake.bytes_to_send() == b""


def test_byte_by_byte() -> None:
    handshake = opened()
    events = []
    for byte in args("VERSION_1_3_0", "port") + b"3.nop;5.ready,3.$ab;":
        events += handshake.receive(bytes((byte,)))
    assert events == [
        ArgumentsRequested(
            ProtocolVersion(1, 3, 0), ProtocolVersion(1, 3, 0), ("port",), frozenset({"hostname"})
        ),
        Ready("$ab", ProtocolVersion(1, 3, 0)),
    ]
    assert handshake.leftover() == b""


def test_arguments_go_by_name_wherever_the_server_puts_them() -> None:
    handshake = opened(parameters={"b": "2", "a": "1", "VERSION_1_1_0": "x"})
    (asked,) = handshake.receive(args("VERSION_1_5_0", "a", "c", "b", "a"))
    assert said(handshake)[-1] == Instruction("connect", ("VERSION_1_5_0", "1", "", "2", "1"))
    assert asked.unused == {"VERSION_1_1_0"}


def test_as_many_arguments_as_rdp_has() -> None:
    names = [f"parameter-{number}" for number in range(91)]
    handshake = opened("rdp", {name: name.upper() for name in names})
    handshake.receive(args("VERSION_1_5_0", *names))
    assert said(handshake)[-1].arguments[1:] == tuple(map(str.upper, names))


def test_a_server_without_parameters() -> None:
    handshake = opened()
    handshake.receive(b"4.args;")
    assert said(handshake)[-1] == Instruction("connect", ())


def test_joining() -> None:
    handshake = opened("$0815", {"read-only": "true"})
    handshake.receive(args("VERSION_1_3_0", "hostname", "read-only"))
    assert said(handshake)[-1] == Instruction("connect", ("VERSION_1_3_0", "", "true"))


def test_a_server_that_asks_for_a_password_before_it_is_ready() -> None:
    handshake = opened()
    handshake.receive(args("VERSION_1_3_0"))
    assert handshake.receive(b"8.required,8.username,8.password;") == [
        ParametersRequired(("username", "password"))
    ]
    assert not handshake.finished
    assert handshake.receive(b"5.ready,2.$1;")


@pytest.mark.parametrize("before", [b"", args("VERSION_1_5_0", "hostname")])
@pytest.mark.parametrize(
    ("wire", "refused"),
    [
        (b"5.error,9.Not found,3.516;", Refused(Status.RESOURCE_NOT_FOUND, "Not found")),
        (b"5.error,0.,5.99999;", Refused(Status.SERVER_ERROR, "")),
        (b"10.disconnect;", Refused(Status.UPSTREAM_ERROR, "disconnected during the handshake")),
    ],
)
def test_refused_at_any_point(before, wire, refused) -> None:
    handshake = opened("$1")
    assert handshake.receive(before + wire + b"3.nop;")[-1] == refused
    assert handshake.finished
    with pytest.raises(LocalProtocolError):
        handshake.receive(b"3.nop;")
    assert handshake.receive_eof() == []


def test_closing_without_a_byte_means_that_there_is_no_such_connection() -> None:
    assert opened("$1").receive_eof() == [Refused(Status.RESOURCE_NOT_FOUND, "closed without an answer")]


@pytest.mark.parametrize(
    ("selected", "before"), [("vnc", b""), ("$1", b"3.nop;"), ("$1", args("hostname")), ("vnc", args())]
)
def test_closing_early(selected, before) -> None:
    handshake = opened(selected)
    handshake.receive(before)
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.receive_eof()
    assert caught.value.reason is GuacReason.CLOSED_EARLY


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"5.ready,2.$1;", GuacReason.UNEXPECTED_INSTRUCTION),
        (b"4.sync,1.5;", GuacReason.UNEXPECTED_INSTRUCTION),
        (args() + args(), GuacReason.UNEXPECTED_INSTRUCTION),
        (args() + b"4.size,1.0,2.64,2.64;", GuacReason.UNEXPECTED_INSTRUCTION),
        (args() + b"5.ready;", GuacReason.BAD_ARGUMENTS),
        (args() + b"5.ready,3.abc;", GuacReason.BAD_ARGUMENTS),
        (args() + b"5.ready,4.$ \n\t;", GuacReason.BAD_ARGUMENTS),
        (args() + b"8.required;", GuacReason.UNEXPECTED_INSTRUCTION),
        (b"5.error;", GuacReason.UNEXPECTED_INSTRUCTION),
        (b"HTTP/1.1 400 Bad Request\r\n", GuacReason.LENGTH_NOT_DIGITS),
        (b"RFB 003.008\n", GuacReason.LENGTH_NOT_DIGITS),
        (b"4.args,9999.", GuacReason.ELEMENT_TOO_LONG),
    ],
)
def test_a_server_that_is_not_guacd(wire, reason) -> None:
    handshake = opened()
    with pytest.raises(RemoteProtocolError) as caught:
        handshake.receive(wire)
    assert caught.value.reason is reason
    assert handshake.finished


def test_a_parameter_that_cannot_be_sent_is_our_fault_and_stays_secret() -> None:
    handshake = opened(parameters={"password": "secret" * 2000})
    with pytest.raises(LocalProtocolError) as caught:
        handshake.receive(args("VERSION_1_5_0", "password"))
    assert "secret" not in str(caught.value)
