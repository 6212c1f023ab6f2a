import pytest

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.errors import GuacReason, RemoteProtocolError
from beamdesk.codecs.guac.instruction import Instruction


def test_text_and_bytes_may_be_mixed_between_characters() -> None:
    decoder = InstructionDecoder()
    decoder.receive("4.name,2.犬")
    assert decoder.next_instruction() is None
    decoder.receive("𐬀;3.nop;".encode())
    assert list(decoder) == [Instruction("name", ("犬𐬀",)), Instruction("nop")]
    assert decoder.next_instruction() is None


def test_every_byte_alone() -> None:
    decoder = InstructionDecoder()
    found = []
    for byte in "4.name,5.a犬𐬀é;;4.sync,1.5;".encode():
        decoder.receive(bytes((byte,)))
        found += decoder
    assert found == [Instruction("name", ("a犬𐬀é;",)), Instruction("sync", ("5",))]


@pytest.mark.parametrize("rest", ["", "4.img", "4.name,1.犬;3.nop;", "4.name,2.犬"])
def test_the_rest_is_for_somebody_else(rest) -> None:
    decoder = InstructionDecoder()
    decoder.receive(("5.ready,2.$1;" + rest).encode() + b"\xf0\x90")
    assert decoder.next_instruction() == Instruction("ready", ("$1",))
    assert decoder.take_rest() == rest.encode() + b"\xf0\x90"
    assert decoder.take_rest() == b""
    decoder.receive(b"3.nop;")
    assert list(decoder) == [Instruction("nop")]


def test_the_rest_includes_an_instruction_that_was_begun() -> None:
    decoder = InstructionDecoder()
    decoder.receive(b"3.nop;4.sync,1")
    assert list(decoder) == [Instruction("nop")]
    assert decoder.take_rest() == b"4.sync,1"


def test_what_stands_before_a_fault_is_given_out_first() -> None:
    decoder = InstructionDecoder()
    decoder.receive(b"3.nop;4.sync,1.5;3.nop\n3.nop;")
    assert decoder.next_instruction() == Instruction("nop")
    assert decoder.next_instruction() == Instruction("sync", ("5",))
    for _ in range(2):
        with pytest.raises(RemoteProtocolError) as caught:
            decoder.next_instruction()
        assert caught.value.reason is GuacReason.BAD_TERMINATOR


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"4.key,1.1;", GuacReason.BAD_TERMINATOR),  # off by one
        (b"2.key,1.1;", GuacReason.BAD_TERMINATOR),
        (b"3.key,2.1;3.nop;", GuacReason.BAD_TERMINATOR),  # an argument that would swallow the end
        (b"8193.", GuacReason.ELEMENT_TOO_LONG),  # before a byte of it has come
        (b"-1.x;", GuacReason.LENGTH_NOT_DIGITS),
        (b"9" * 30 + b".x;", GuacReason.ELEMENT_TOO_LONG),
        (b"0" * 30 + b".;", GuacReason.LENGTH_TOO_LONG),
        (b"1.x," * 128, GuacReason.TOO_MANY_ELEMENTS),
        (b"3.k\0y;", GuacReason.NUL),
        (b"4.name,5.ab\0", GuacReason.NUL),
        ("٣.nop;".encode(), GuacReason.LENGTH_NOT_DIGITS),
        (b"4.name,1.\xff;", GuacReason.INVALID_UTF8),
        (b"4.name,1.\xed\xa0\x80;", GuacReason.INVALID_UTF8),
        (b"4.name,1.\xc0\xbb;", GuacReason.INVALID_UTF8),
    ],
)
def test_hostile(wire, reason) -> None:
    decoder = InstructionDecoder()
    decoder.receive(wire)
    with pytest.raises(RemoteProtocolError) as caught:
        list(decoder)
    assert caught.value.reason is reason


def test_no_more_than_one_instruction_is_kept() -> None:
    """A peer that never ends an instruction is told so at the limit, however slowly it sends."""
    decoder = InstructionDecoder()
    decoder.receive(b"1.x")
    for _ in range(32):
        decoder.receive(b",1000." + b"y" * 998)
        decoder.receive(b"yy")
        assert decoder.next_instruction() is None
    decoder.receive(b",1000." + b"y" * 998)
    with pytest.raises(RemoteProtocolError) as caught:
        decoder.next_instruction()
    assert caught.value.reason is GuacReason.INSTRUCTION_TOO_LONG
