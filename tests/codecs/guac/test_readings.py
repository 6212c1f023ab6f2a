"""The decoder, the compiled kernel and its plain twin read every stream alike, however it is cut."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beamdesk.codecs.guac.errors import GuacReason
from beamdesk.codecs.guac.framed import NOTICED
from beamdesk.codecs.guac.instruction import Instruction
from support.guac_readings import FRAMERS, Framing, Reading, cut, decode, frame


def wire(instructions: tuple[Instruction, ...]) -> bytes:
    return b"".join(instruction.encode() for instruction in instructions)


def assert_alike(stream: bytes, source: random.Random | None = None) -> tuple[Framing, Reading]:
    plain, reading = frame("plain", [stream]), decode([stream])
    assert frame("compiled", [stream]) == plain
    assert reading.reason == plain.reason
    assert len(reading.instructions) == plain.instructions
    assert sum(instruction.opcode == "sync" for instruction in reading.instructions) == plain.syncs
    assert [name.lower() for name, _, _ in plain.notices] == [
        instruction.opcode for instruction in reading.instructions if instruction.opcode in NOTICED
    ]
    if source is not None:
        pieces = list(cut(stream, source))
        assert frame("compiled", pieces) == plain
        assert frame("plain", pieces) == plain
        assert decode(pieces) == reading
    return plain, reading


def test_vector(vector) -> None:
    framing, reading = assert_alike(vector.wire, random.Random(1))
    assert tuple((each.opcode, *each.arguments) for each in reading.instructions) == vector.instructions
    status = "error" if framing.reason else "incomplete" if framing.pending else "ok"
    assert status == vector.status


def test_vector_cut_everywhere(vector) -> None:
    whole = frame("plain", [vector.wire])
    for position in range(0, len(vector.wire) + 1, 1 + len(vector.wire) // 300):
        pieces = [vector.wire[:position], vector.wire[position:]]
        assert frame("compiled", pieces) == whole
        assert decode(pieces) == decode([vector.wire])


def test_capture_plays_whole(capture) -> None:
    """The decoder's instructions, written again, are the capture up to where the kernel's last one ends."""
    framing = frame("compiled", [capture])
    reading = decode([capture])
    assert framing.reason is reading.reason is None
    assert wire(reading.instructions) == capture[: framing.end]
    assert framing.pending == len(capture) - framing.end < 32768
    assert framing.instructions == len(reading.instructions) > 1000
    assert framing.last_sync == int(
        next(each.arguments[0] for each in reversed(reading.instructions) if each.opcode == "sync")
    )
    assert framing.notices[:1] == (("READY", 0, capture.index(b";") + 1),) or not framing.notices


@pytest.mark.parametrize("size", [1, 7, 1000, 4096, 65536])
def test_capture_in_pieces(capture, size) -> None:
    stream = capture if size >= 1000 else capture[:300_000]
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert frame("compiled", pieces) == frame("compiled", [stream])


def test_capture_through_the_plain_twin(capture) -> None:
    part = capture[:400_000]
    assert frame("plain", [part]) == frame("compiled", [part])


text = st.text(
    st.characters(codec="utf-8") | st.sampled_from("0123456789.,;\0é犬𐬀\U0010ffff"),
    max_size=12,
)
instruction = st.builds(
    Instruction,
    st.sampled_from(["sync", "img", "blob", "", *NOTICED]) | text.filter(lambda value: "\0" not in value),
    st.lists(text.filter(lambda value: "\0" not in value) | st.integers(0, 10**19).map(str), max_size=5).map(
        tuple
    ),
)
stream = st.lists(instruction, max_size=6).map(lambda instructions: wire(tuple(instructions)))


@settings(max_examples=300, deadline=None)
@given(st.lists(instruction, max_size=6).map(tuple), st.randoms(use_true_random=False))
def test_what_is_written_is_read(instructions, source) -> None:
    framing, reading = assert_alike(wire(instructions), source)
    assert reading == Reading(instructions, None)
    assert framing.end == len(wire(instructions))


@settings(max_examples=500, deadline=None)
@given(
    stream,
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from(["put", "cut", "drop"]), st.binary(max_size=3)),
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
def test_damaged_streams(stream, damage, source) -> None:
    for position, what, octets in damage:
        match what:
            case "put":
                stream = stream[:position] + octets + stream[position:]
            case "cut":
                stream = stream[:position]
            case "drop":
                stream = stream[:position] + stream[position + len(octets) :]
    assert_alike(stream, source)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"0123456789.,;x", "4.sync,", "犬", "\0"]).map(str.encode) | st.binary(max_size=4),
        max_size=40,
    ).map(b"".join),
    st.randoms(use_true_random=False),
)
@example(b"1.\xe0\x80", random.Random(0))
@example(b"1.\xed\xa0\x80;", random.Random(0))
@example(b"1.\xf4\x90\x80\x80;", random.Random(0))
@example(b"\xf0", random.Random(0))
@example(b"1.x\xf0", random.Random(0))
@example(b"4.sync,19.9223372036854775807;4.sync,18.999999999999999999;", random.Random(0))
def test_noise(stream, source) -> None:
    assert_alike(stream, source)


def test_mutated_captures_end_in_the_protocols_own_errors(captures) -> None:
    """Anything but RemoteProtocolError fails the reading."""
    source = random.Random(20)
    for capture in captures:
        for _ in range(120):
            start = capture.index(b";", source.randrange(len(capture) - 6000)) + 1
            part = bytearray(capture[start : start + source.randrange(1, 3000)])
            for _ in range(source.randrange(1, 4)):
                place = source.randrange(len(part))
                part[place : place + source.randrange(3)] = source.choice(
                    [b"", b"\x80", b"9", b",", b"\0", b";3.nop;"]
                )
                part = part or bytearray(b"0")
            assert_alike(bytes(part), source)


def test_any_instruction_may_end_at_the_limit_of_bytes_and_none_behind_it() -> None:
    head = "8000." + "\U0001f600" * 8000 + ","
    for size in range(32766, 32771):
        rest = size - len(head.encode()) - len("123.;")
        one = f"{head}{rest}.{'x' * rest};".encode()
        assert len(one) == size
        framing, _ = assert_alike(one + b"3.nop;", random.Random(size))
        if len(one) <= 32768:
            assert framing.instructions == 2
        else:
            assert (framing.reason, framing.position) == (GuacReason.INSTRUCTION_TOO_LONG, 32768)


@pytest.mark.parametrize("which", FRAMERS)
def test_more_notices_than_the_kernel_gathers_at_once(which) -> None:
    one = b"5.error,1.x,3.512;4.sync,1.7;"
    framing = frame(which, [one * 1000])
    assert framing.notices == tuple(("ERROR", len(one) * n, len(one) * n + 18) for n in range(1000))
    assert (framing.syncs, framing.last_sync) == (1000, 7)
