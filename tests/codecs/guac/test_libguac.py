"""libguac, the parser of guacd itself, as the oracle: what it reads is what we read.

Where they differ it is we who refuse; each case has its test below and its reason in `OURS_ALONE`.
"""

import random

import pytest

from beamdesk.codecs.guac.errors import GuacReason
from support.guac_readings import decode, frame
from support.guacd import LibGuac, Parsed

pytestmark = pytest.mark.guacd

OURS_ALONE = {
    # libguac reads an empty length as 0; no writer leaves it out.
    GuacReason.LENGTH_EMPTY,
    # libguac takes any number of digits, and its sum overflows.
    GuacReason.LENGTH_TOO_LONG,
    # libguac goes on behind a NUL and hands out the part before it: what was checked is not what is used.
    GuacReason.NUL,
    # libguac takes every byte for the beginning of a character, so lengths depend on what is not text.
    GuacReason.INVALID_UTF8,
    # Not the parser's limit but that of the buffer which guacd reads into.
    GuacReason.INSTRUCTION_TOO_LONG,
}
STREAMS = 42_000


def ours(stream: bytes) -> tuple[Parsed, GuacReason | None]:
    framing, reading = frame("compiled", [stream]), decode([stream])
    assert framing.reason == reading.reason
    instructions = tuple(
        tuple(element.encode() for element in (each.opcode, *each.arguments)) for each in reading.instructions
    )
    assert framing.instructions == len(instructions)
    status = "error" if framing.reason else "incomplete" if framing.pending else "ok"
    return Parsed(instructions, status), framing.reason


def test_vectors(libguac: LibGuac, all_vectors) -> None:
    theirs = libguac.parse([vector.wire for vector in all_vectors])
    for vector, parsed in zip(all_vectors, theirs, strict=True):
        assert (parsed, parsed.status) == (ours(vector.wire)[0], vector.status), vector.name


@pytest.mark.slow
def test_captures(libguac: LibGuac, captures) -> None:
    for capture, parsed in zip(captures, libguac.parse(captures), strict=True):
        assert parsed == ours(capture)[0]


@pytest.mark.slow
def test_mutated_streams(libguac: LibGuac, all_vectors, captures) -> None:
    source = random.Random(26)
    seeds = [vector.wire for vector in all_vectors if len(vector.wire) < 600] + [
        "4.name,2.犬𐬀;4.file,1.0,10.text/plain,5.né,;.;".encode(),
        b"3.key,5.65307,1.1;5.mouse,2.10,3.200,1.0;4.sync,8.37021250;3.ack,1.1,2.OK,1.0;",
        b"4.size,1.0,4.1280,3.800;4.rect,2.-2,1.0,1.0,2.11,2.16;5.cfill,1.2,2.-2,1.0,1.0,1.0,3.255;",
    ]
    for capture in captures:
        for _ in range(10):
            start = capture.index(b";", source.randrange(len(capture) - 9000)) + 1
            seeds.append(capture[start : start + 250])
    streams = [mutated(source.choice(seeds), source) for _ in range(STREAMS)]
    statuses = set()
    refused = set()
    for stream, parsed in zip(streams, libguac.parse(streams), strict=True):
        expected, reason = ours(stream)
        statuses.add(expected.status)
        if reason in OURS_ALONE:
            refused.add(reason)
            assert parsed.instructions[: len(expected.instructions)] == expected.instructions, stream
        elif reason is GuacReason.BAD_TERMINATOR and parsed.status == "incomplete":
            assert ends_within_a_character(stream), stream
            assert parsed.instructions == expected.instructions
        else:
            assert parsed == expected, stream
    assert statuses == {"ok", "incomplete", "error"}
    assert refused >= {GuacReason.LENGTH_EMPTY, GuacReason.NUL, GuacReason.INVALID_UTF8}


def ends_within_a_character(stream: bytes) -> bool:
    """libguac waits for the whole character before it looks for a terminator in it; we need one byte."""
    return any(lead >= 0xC0 and len(stream) - at < size for at, lead, size in lead_bytes(stream))


def lead_bytes(stream: bytes) -> list[tuple[int, int, int]]:
    last = range(max(0, len(stream) - 3), len(stream))
    return [(at, stream[at], 2 + (stream[at] >= 0xE0) + (stream[at] >= 0xF0)) for at in last]


def mutated(stream: bytes, source: random.Random) -> bytes:
    for _ in range(source.choice((0, 1, 1, 2, 3))):
        place = source.randrange(len(stream) + 1)
        width = source.choice((0, 0, 1, 1, 2, 8))
        new = source.choice(
            (
                b"",
                b"0",
                b"1",
                b"7",
                b",",
                b";",
                b".",
                b"x",
                b"-",
                b" ",
                b"\n",
                "é".encode(),
                "𐬀".encode(),
                b"3.nop;",
            )
            + ((b"\0", b"\x80", b"\xf0") if source.random() < 0.1 else ())
        )
        stream = stream[:place] + new + stream[place + width :]
    return stream


@pytest.mark.parametrize(
    ("stream", "reason", "theirs"),
    [
        (b".;", GuacReason.LENGTH_EMPTY, [(b"",)]),
        (b"4.sync,.;", GuacReason.LENGTH_EMPTY, [(b"sync", b"")]),
        (b"000004.sync,1.5;", GuacReason.LENGTH_TOO_LONG, [(b"sync", b"5")]),
        (b"4.sync,3.1\x002;", GuacReason.NUL, [(b"sync", b"1")]),
        (b"4.name,1.\x80;", GuacReason.INVALID_UTF8, [(b"name", b"\x80")]),
        # 2**32 + 4: their sum overflows to 4, and what follows is read as another instruction.
        (b"4294967300.sync;3.nop;", GuacReason.ELEMENT_TOO_LONG, [(b"sync",), (b"nop",)]),
    ],
)
def test_what_we_refuse_alone(libguac: LibGuac, stream, reason, theirs) -> None:
    assert ours(stream) == (Parsed((), "error"), reason)
    assert libguac.parse([stream]) == [Parsed(tuple(theirs), "ok")]


def test_libguac_takes_the_lead_byte_for_the_character(libguac: LibGuac) -> None:
    """An overlong NUL is one character to libguac, and what reads it later may take it for a NUL."""
    stream = b"4.name,1.\xc0\x80;"
    assert ours(stream)[1] is GuacReason.INVALID_UTF8
    assert libguac.parse([stream]) == [Parsed(((b"name", b"\xc0\x80"),), "ok")]
