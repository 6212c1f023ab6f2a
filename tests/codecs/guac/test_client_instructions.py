"""What a viewer may do to guacd, and what a hostile one tries."""

import pytest

from beamdesk.codecs.guac.client_instructions import ClientInstructions, Dropped, Passed, TunnelMessage
from beamdesk.codecs.guac.errors import RemoteProtocolError
from beamdesk.codecs.guac.held_input import MOST_HELD_KEYS, MOST_TOUCHES
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.opcodes import TO_SERVER, InstructionKind
from beamdesk.codecs.guac.viewer_policy import VIEWING, DropReason, ViewerPolicy

EVERYTHING = ViewerPolicy(frozenset(InstructionKind))
GUEST = ViewerPolicy(VIEWING)
INPUT_ONLY = ViewerPolicy(VIEWING | {InstructionKind.INPUT})

SAMPLES = {
    "sync": ("37021250",),
    "nop": (),
    "disconnect": (),
    "mouse": ("10", "20", "1"),
    "key": ("65307", "1"),
    "touch": ("0", "10", "20", "5", "5", "0", "0.5"),
    "size": ("1280", "800"),
    "ack": ("1", "OK", "0"),
    "clipboard": ("0", "text/plain"),
    "file": ("1", "application/octet-stream", "données 犬.txt"),
    "pipe": ("2", "text/plain", "STDIN"),
    "audio": ("3", "audio/L16;rate=44100,channels=2"),
    "argv": ("4", "text/plain", "font-size"),
    "get": ("0", "/"),
    "put": ("0", "5", "text/plain", "/a b.txt"),
}


def wire(opcode: str, *arguments: str | int) -> bytes:
    return Instruction.of(opcode, *arguments).encode()


def only(filter_: ClientInstructions, data: bytes | str):
    (event,) = filter_.receive(data)
    return event


def passed(filter_: ClientInstructions, data: bytes) -> list[str]:
    return [event.instruction.opcode for event in filter_.receive(data) if isinstance(event, Passed)]


@pytest.mark.parametrize("opcode", SAMPLES)
def test_who_may_everything_may(opcode) -> None:
    event = only(ClientInstructions(EVERYTHING), wire(opcode, *SAMPLES[opcode]))
    assert event == Passed(Instruction(opcode, SAMPLES[opcode]), TO_SERVER[opcode].kind)


@pytest.mark.parametrize("opcode", SAMPLES)
def test_a_guest_may_look(opcode) -> None:
    event = only(ClientInstructions(GUEST), wire(opcode, *SAMPLES[opcode]))
    if opcode in {"sync", "nop", "ack", "disconnect"}:
        assert isinstance(event, Passed)
    else:
        assert (event.opcode, event.reason) == (opcode, DropReason.NOT_ALLOWED)
        assert not event.reason.is_bad


def test_no_sample_is_missing() -> None:
    assert set(SAMPLES) | {"blob", "end"} == set(TO_SERVER)


@pytest.mark.parametrize(
    "wire_",
    [
        # counts
        "3.key;",
        "3.key,2.65;",
        "3.key,2.65,1.1,1.1;",
        "5.mouse,1.1,1.1;",
        "5.mouse,1.1,1.1,1.1,1.1,1.1,1.1;",
        "4.size,3.800;",
        "4.sync;",
        "3.nop,1.x;",
        "10.disconnect,1.x;",
        "3.get,1.0;",
        "4.file,1.0,10.text/plain;",
        # sizes that end guacd, or ask too much of it
        "4.size,1.1,1.1;",
        "4.size,1.0,1.0;",
        "4.size,2.63,3.800;",
        "4.size,4.8193,3.800;",
        "4.size,2.-1,3.800;",
        "4.size,10.4294967360,3.800;",
        "4.size,3.1e3,3.800;",
        "4.size,4. 800,3.800;",
        "4.size,0.,0.;",
        "4.size,3.٨٠٠,3.800;",
        # input
        "3.key,8.33554432,1.1;",
        "3.key,2.-1,1.1;",
        "3.key,2.65,1.2;",
        "3.key,2.65,4.true;",
        "5.mouse,1.0,1.0,2.32;",
        "5.mouse,5.32768,1.0,1.0;",
        "5.mouse,3.NaN,1.0,1.0;",
        "5.mouse,1.0,3.0.5,1.0;",
        "5.touch,1.0,1.0,1.0,1.0,1.0,1.0,1.2;",
        "5.touch,1.0,1.0,1.0,1.0,1.0,1.0,3.NaN;",
        "5.touch,1.0,1.0,1.0,1.0,1.0,8.Infinity,1.0;",
        "5.touch,1.0,1.0,1.0,1.0,1.0,5.1e999,1.0;",
        # indices beyond guacd's arrays
        "9.clipboard,3.512,10.text/plain;",
        "9.clipboard,2.-1,10.text/plain;",
        "9.clipboard,4.0x10,10.text/plain;",
        "3.get,2.64,1./;",
        "3.put,2.64,1.0,10.text/plain,1.a;",
        "3.put,1.0,3.512,10.text/plain,1.a;",
        "3.ack,4.1024,2.OK,1.0;",
        # names and types
        "4.file,1.0,1.x,1.a;",
        "4.file,1.0,10.text/plain,0.;",
        "4.file,1.0,10.text/plain,3.a\nb;",
        "9.clipboard,1.0,12.text/plain\r\n;",
        "4.sync,19.9999999999999999999;",
        "4.sync,2.-1;",
    ],
)
def test_bad_arguments_even_of_who_may_everything(wire_) -> None:
    event = only(ClientInstructions(EVERYTHING), wire_)
    assert event == Dropped(wire_.split(",")[0].split(".")[1].rstrip(";"), DropReason.BAD_ARGUMENTS)
    assert event.reason.is_bad


@pytest.mark.parametrize(
    "wire_",
    [
        "4.size,2.64,2.64;",
        "4.size,4.8192,4.8192;",
        "3.key,8.33554431,1.0;",
        "3.key,1.0,1.1;",
        "5.mouse,5.32767,5.32767,2.31;",
        "5.mouse,1.1,1.1,1.0,13.1700000000000;",
        "5.touch,1.0,1.0,1.0,1.0,1.0,6.359.75,4.1e-7;",
        "9.clipboard,3.511,24.text/plain;charset=utf-8;",
        "3.ack,4.1023,0.,3.771;",
        "3.get,2.63,1./;",
    ],
)
def test_arguments_at_their_limits(wire_) -> None:
    assert isinstance(only(ClientInstructions(EVERYTHING), wire_), Passed)


@pytest.mark.parametrize(
    "opcode",
    [
        "select",
        "connect",
        "args",
        "image",
        "video",
        "timezone",
        "name",
        "ready",
        "error",
        "img",
        "SYNC",
        "kéy",
        " key",
    ],
)
def test_what_no_browser_sends(opcode) -> None:
    assert only(ClientInstructions(EVERYTHING), wire(opcode, "vnc")) == Dropped(
        opcode, DropReason.UNKNOWN_OPCODE
    )


def test_parameters_cannot_be_injected() -> None:
    """`connect` and `select` are the handshake's: a viewer's never reach guacd."""
    filter_ = ClientInstructions(EVERYTHING)
    events = filter_.receive(wire("connect", "VERSION_1_5_0", "evil.example", "22") + wire("select", "$0815"))
    assert [event.reason for event in events] == [DropReason.UNKNOWN_OPCODE] * 2
    assert filter_.dropped == {("?", DropReason.UNKNOWN_OPCODE): 2}


def test_usb_goes_nowhere_and_is_not_held_against_the_viewer() -> None:
    event = only(ClientInstructions(EVERYTHING), wire("usbdata", "1", "2", "AAAA"))
    assert event == Dropped("usbdata", DropReason.NOT_ALLOWED)


def test_pings_are_for_the_tunnel() -> None:
    event = only(ClientInstructions(GUEST), "0.,4.ping,13.1700000000000;")
    assert event == TunnelMessage(("ping", "1700000000000"))


def test_every_instruction_of_a_message_is_judged() -> None:
    filter_ = ClientInstructions(GUEST)
    events = filter_.receive("4.sync,1.5;3.key,2.65,1.1;3.nop;5.mouse,1.1,1.1,1.1;3.key,2.65,1.0;")
    assert [type(event) for event in events] == [Passed, Dropped, Passed, Dropped, Dropped]
    assert filter_.dropped == {("key", DropReason.NOT_ALLOWED): 2, ("mouse", DropReason.NOT_ALLOWED): 1}


def test_every_instruction_that_is_split_over_messages_is_judged() -> None:
    filter_ = ClientInstructions(GUEST)
    message = b"4.sync,1.5;3.key,2.65,1.1;3.nop;"
    events = [event for byte in message for event in filter_.receive(bytes((byte,)))]
    assert [type(event) for event in events] == [Passed, Dropped, Passed]


@pytest.mark.parametrize(
    "message",
    [
        "3.nop;3.key,2.65,1.1",  # complete only with the next message
        "3.ack,1.1,12.;3.key,2.65;,1.0;",  # looks like an instruction, is an argument
        "3.ack,1.1,13.x;3.key,1.1;;,1.0;",
    ],
)
def test_smuggling_within_what_is_allowed(message) -> None:
    filter_ = ClientInstructions(GUEST)
    for event in filter_.receive(message):
        assert isinstance(event, Passed)
        assert event.instruction.opcode in {"nop", "ack"}
        # Written anew, the lengths are right by construction.
        assert event.instruction.encode() in message.encode()


@pytest.mark.parametrize(
    "message",
    [
        "3.nop;4.key,2.65,1.1;",
        "4.sync,1.5,3.key,2.65,1.1",  # one long sync …
        "3.ack,1.1,11.;3.key,2.65;,1.0;",
        "3.n\0p;",
        "-3.nop;",
        "3.nop;\n",
        "99999.x",
        "1.x," * 128,
    ],
)
def test_what_cannot_be_framed_ends_the_conversation(message) -> None:
    filter_ = ClientInstructions(EVERYTHING)
    with pytest.raises(RemoteProtocolError):
        filter_.receive(message + ";x")


class TestStreams:
    def test_blobs_follow_the_right_of_their_stream(self) -> None:
        filter_ = ClientInstructions(ViewerPolicy(VIEWING | {InstructionKind.CLIPBOARD}))
        events = filter_.receive(
            wire("clipboard", 0, "text/plain")
            + wire("file", 1, "text/plain", "a.txt")
            + wire("blob", 0, "aGVsbG8=")
            + wire("blob", 1, "aGVsbG8=")
            + wire("end", 1)
            + wire("end", 0)
        )
        assert [
            (event.instruction, event.kind) if isinstance(event, Passed) else event.reason for event in events
        ] == [
            (Instruction("clipboard", ("0", "text/plain")), InstructionKind.CLIPBOARD),
            DropReason.NOT_ALLOWED,
            (Instruction("blob", ("0", "aGVsbG8=")), InstructionKind.CLIPBOARD),
            DropReason.NOT_ALLOWED,
            DropReason.NOT_ALLOWED,
            (Instruction("end", ("0",)), InstructionKind.CLIPBOARD),
        ]

    @pytest.mark.parametrize(
        "opcode", [name for name, opcode in TO_SERVER.items() if opcode.stream is not None]
    )
    def test_a_refused_stream_is_answered_so_that_the_browser_does_not_wait(self, opcode) -> None:
        event = only(ClientInstructions(GUEST), wire(opcode, *SAMPLES[opcode]))
        stream = SAMPLES[opcode][TO_SERVER[opcode].stream]
        assert event.answer == Instruction("ack", (stream, "Not allowed", "771"))

    @pytest.mark.parametrize("message", [wire("blob", 7, "AAAA"), wire("end", 7)])
    def test_a_stream_that_was_never_opened(self, message) -> None:
        assert only(ClientInstructions(EVERYTHING), message).reason is DropReason.NO_SUCH_STREAM

    def test_a_stream_that_has_ended(self) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        filter_.receive(wire("clipboard", 0, "text/plain") + wire("end", 0))
        assert only(filter_, wire("blob", 0, "AAAA")).reason is DropReason.NO_SUCH_STREAM

    @pytest.mark.parametrize("data", ["AAA", "A=AA", "====", "AA\n=", "AA==AA==", "-_AA", "é"])
    def test_blobs_are_base64(self, data) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        filter_.receive(wire("clipboard", 0, "text/plain"))
        assert only(filter_, wire("blob", 0, data)).reason is DropReason.BAD_ARGUMENTS

    def test_another_spelling_of_an_index_is_the_same_stream(self) -> None:
        filter_ = ClientInstructions(ViewerPolicy(VIEWING | {InstructionKind.CLIPBOARD}))
        filter_.receive(wire("clipboard", 1, "text/plain"))
        filter_.receive(wire("file", "01", "text/plain", "a"))
        assert only(filter_, wire("blob", 1, "AAAA")).reason is DropReason.NOT_ALLOWED

    def test_losing_a_right_ends_its_streams_and_no_others(self) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        filter_.receive(wire("clipboard", 0, "text/plain") + wire("file", 1, "text/plain", "a"))
        told = filter_.change_policy(ViewerPolicy(VIEWING | {InstructionKind.CLIPBOARD}))
        assert told == [Instruction("end", ("1",))]
        assert passed(filter_, wire("blob", 0, "AAAA") + wire("blob", 1, "AAAA") + wire("end", 1)) == ["blob"]

    def test_a_refused_stream_stays_refused_when_the_right_comes(self) -> None:
        """guacd never heard of it."""
        filter_ = ClientInstructions(GUEST)
        filter_.receive(wire("file", 1, "text/plain", "a"))
        assert filter_.change_policy(EVERYTHING) == []
        assert only(filter_, wire("blob", 1, "AAAA")).reason is DropReason.NOT_ALLOWED

    def test_an_index_may_be_opened_again(self) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        filter_.receive(wire("clipboard", 0, "text/plain"))
        assert passed(filter_, wire("file", 0, "text/plain", "a") + wire("blob", 0, "AAAA")) == [
            "file",
            "blob",
        ]


class TestHeldInput:
    def test_what_is_held_is_released_last_key_first(self) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        filter_.receive(
            wire("key", 65505, 1)
            + wire("key", 65, 1)
            + wire("key", 65, 1)
            + wire("key", 66, 1)
            + wire("key", "0066", 0)
            + wire("mouse", 5, 6, 1)
            + wire("mouse", 7, 8, 1)
            + wire("touch", 3, 10, 20, 5, 5, 0, "0.5")
            + wire("touch", 4, 10, 20, 5, 5, 0, "0.5")
            + wire("touch", 4, 10, 20, 5, 5, 0, "0.0")
            + wire("clipboard", 9, "text/plain")
        )
        assert filter_.release() == [
            Instruction("key", ("65", "0")),
            Instruction("key", ("65505", "0")),
            Instruction("mouse", ("7", "8", "0")),
            Instruction("touch", ("3", "10", "20", "5", "5", "0", "0")),
            Instruction("end", ("9",)),
        ]
        assert filter_.release() == []

    def test_nothing_is_held_by_who_let_go(self) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        filter_.receive(
            wire("key", 65, 1) + wire("mouse", 1, 1, 4) + wire("mouse", 1, 1, 0) + wire("key", 65, 0)
        )
        assert filter_.release() == []

    def test_losing_control_releases(self) -> None:
        filter_ = ClientInstructions(INPUT_ONLY)
        filter_.receive(wire("key", 65505, 1))
        assert filter_.change_policy(INPUT_ONLY) == []
        assert filter_.change_policy(GUEST) == [Instruction("key", ("65505", "0"))]
        # The browser's own release comes too late to matter.
        assert only(filter_, wire("key", 65505, 0)).reason is DropReason.NOT_ALLOWED

    def test_what_was_dropped_is_not_held(self) -> None:
        filter_ = ClientInstructions(GUEST)
        filter_.receive(wire("key", 65505, 1) + wire("mouse", 1, 1, 1))
        assert filter_.release() == []

    def test_no_more_keys_than_can_be_released(self) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        for keysym in range(MOST_HELD_KEYS):
            assert isinstance(only(filter_, wire("key", keysym, 1)), Passed)
        assert only(filter_, wire("key", 5000, 1)).reason is DropReason.TOO_MANY
        assert isinstance(only(filter_, wire("key", 5, 1)), Passed)  # repeats
        filter_.receive(wire("key", 5, 0))
        assert isinstance(only(filter_, wire("key", 5000, 1)), Passed)
        assert len(filter_.release()) == MOST_HELD_KEYS

    def test_no_more_touches_than_can_be_released(self) -> None:
        filter_ = ClientInstructions(EVERYTHING)
        for contact in range(MOST_TOUCHES):
            assert isinstance(only(filter_, wire("touch", contact, 1, 1, 1, 1, 0, "1")), Passed)
        assert only(filter_, wire("touch", 99, 1, 1, 1, 1, 0, "1")).reason is DropReason.TOO_MANY
        assert len(filter_.release()) == MOST_TOUCHES


def test_a_pointer_dragged_out_of_the_desktop_stays_at_its_edge() -> None:
    event = only(ClientInstructions(EVERYTHING), wire("mouse", -3, 40, 1))
    assert event.instruction == Instruction("mouse", ("0", "40", "1"))


def test_recording_arguments_of_mouse_go_no_further() -> None:
    event = only(ClientInstructions(EVERYTHING), wire("mouse", 3, 40, 1, 1700000000000))
    assert event.instruction == Instruction("mouse", ("3", "40", "1"))


def test_a_sync_from_the_future() -> None:
    """guacd throws out a viewer that acknowledges what it was never sent."""
    filter_ = ClientInstructions(GUEST)
    filter_.latest_sync = 100
    assert isinstance(only(filter_, wire("sync", 100)), Passed)
    assert only(filter_, wire("sync", 101)) == Dropped("sync", DropReason.BAD_ARGUMENTS)


USUAL = [
    "4.sync,1.5;",
    "4.sync,3.100;",
    "4.sync,3.101;",
    "4.sync,3.007;",
    "4.sync,18.000000000000000099;",
    "4.sync,18.999999999999999999;",
    "4.sync,19.0000000000000000099;",
    "4.sync,2.5;",
    "4.sync,1.55;",
    "4.sync,01.5;",
    "4.sync,0.;",
    "4.sync,2.-5;",
    "4.sync,1.٣;",
    "4.sync;",
    "4.sync,1.5,1.1;",
    "4.sync,1.5",
    "4.sync,1.5;\n",
    "4.sync,1.5;4.sync,1.6;",
    "5.mouse,3.100,3.200,1.0;",
    "5.mouse,1.0,5.32767,2.31;",
    "5.mouse,5.32768,1.0,1.0;",
    "5.mouse,1.0,5.99999,1.0;",
    "5.mouse,1.0,1.0,2.32;",
    "5.mouse,1.0,1.0,2.01;",
    "5.mouse,2.-3,1.0,1.0;",
    "5.mouse,2.3,1.0,1.0;",
    "5.mouse,1.0,1.0,1.00;",
    "5.mouse,1.0,1.0;",
    "5.mouse,1.0,1.0,1.0,13.1700000000000;",
    "5.mouse,1.0,1.0,1.0",
    "5.mouse,1.0,1.0,1.0;5.mouse,1.0,1.0,1.0;",
    "3.key,2.65,1.1;",
    "3.nop;",
    "",
]


@pytest.mark.parametrize("policy", [GUEST, EVERYTHING, ViewerPolicy(frozenset())])
@pytest.mark.parametrize("latest_sync", [None, 100])
@pytest.mark.parametrize("said", USUAL)
def test_what_is_usual_is_judged_as_all_else(
    said: str, latest_sync: int | None, policy: ViewerPolicy
) -> None:
    filter_, other = ClientInstructions(policy), ClientInstructions(policy)
    filter_.latest_sync = other.latest_sync = latest_sync
    instruction = filter_.usual(said)
    try:
        events = other.receive(said)
    except RemoteProtocolError:
        events = []
    match events:
        case [Passed(Instruction("sync" | "mouse") as judged)] if judged.encode().decode() == said:
            assert instruction == judged
        case _:
            # The long way has to be asked: nothing of it is known yet.
            assert instruction is None
    assert filter_.release() == (other.release() if instruction else [])


def test_the_shortest_way_is_known_to_be_taken() -> None:
    taken = {said for said in USUAL if ClientInstructions(EVERYTHING).usual(said)}
    assert {"4.sync,1.5;", "5.mouse,3.100,3.200,1.0;", "5.mouse,1.0,5.32767,2.31;"} <= taken


def test_buttons_that_were_pressed_the_usual_way_are_released() -> None:
    filter_ = ClientInstructions(INPUT_ONLY)
    assert filter_.usual("5.mouse,1.5,1.6,1.1;") == Instruction("mouse", ("5", "6", "1"))
    assert filter_.usual("5.mouse,1.7,1.8,1.4;") == Instruction("mouse", ("7", "8", "4"))
    assert filter_.release() == [Instruction("mouse", ("7", "8", "0"))]


def test_what_looks_usual_may_be_a_part_of_something_else() -> None:
    sync = wire("sync", 5).decode()
    filter_ = ClientInstructions(EVERYTHING)
    assert not filter_.receive("3.ack,1.1,11.")
    assert filter_.usual(sync) is None
    assert only(filter_, sync + ",1.0;") == Passed(
        Instruction("ack", ("1", sync, "0")), InstructionKind.ACKNOWLEDGE
    )
    assert filter_.usual(sync) == Instruction("sync", ("5",))


def test_after_a_fault_nothing_is_usual() -> None:
    filter_ = ClientInstructions(EVERYTHING)
    with pytest.raises(RemoteProtocolError):
        filter_.receive("x")
    assert filter_.usual("4.sync,1.5;") is None
    assert filter_.usual("5.mouse,1.5,1.6,1.1;") is None
