"""pyguacamole's `GuacamoleInstruction`, written by others, as a second opinion."""

import pytest
from guacamole.exceptions import InvalidInstruction
from guacamole.instruction import GuacamoleInstruction
from hypothesis import given
from hypothesis import strategies as st

from beamdesk.codecs.guac.errors import GuacReason
from beamdesk.codecs.guac.instruction import Instruction
from support.guac_readings import decode

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(text, st.lists(text, max_size=8))
def test_both_write_the_same(opcode, arguments) -> None:
    ours = Instruction(opcode, tuple(arguments)).encode().decode()
    assert GuacamoleInstruction(opcode, *arguments).encode() == ours


@given(text, st.lists(text, max_size=8))
def test_each_reads_what_the_other_writes(opcode, arguments) -> None:
    instruction = Instruction(opcode, tuple(arguments))
    assert decode([GuacamoleInstruction(opcode, *arguments).encode().encode()]).instructions == (instruction,)
    theirs = GuacamoleInstruction.load(instruction.encode().decode())
    assert (theirs.opcode, tuple(theirs.args)) == (opcode, tuple(arguments))


def test_captures_instruction_by_instruction(capture) -> None:
    for instruction in decode([capture[:600_000]]).instructions:
        theirs = GuacamoleInstruction.load(instruction.encode().decode())
        assert (theirs.opcode, tuple(theirs.args)) == (instruction.opcode, instruction.arguments)


def test_what_both_refuse() -> None:
    for wire in ("x.sync;", "5.sync,1.5;", "3.sync,1.5;", "4.sync:1.5;", ".;", "4.sync,.;"):
        assert decode([wire.encode()]).reason is not None
        with pytest.raises(InvalidInstruction):
            GuacamoleInstruction.load(wire)


@pytest.mark.parametrize(
    ("wire", "reason", "theirs"),
    [
        (" 4.sync;", GuacReason.LENGTH_NOT_DIGITS, ["sync"]),
        ("+4.sync;", GuacReason.LENGTH_NOT_DIGITS, ["sync"]),
        ("1_0.disconnect;", GuacReason.LENGTH_NOT_DIGITS, ["disconnect"]),
        ("٤.sync;", GuacReason.LENGTH_NOT_DIGITS, ["sync"]),
        ("-1.sync;;", GuacReason.LENGTH_NOT_DIGITS, ["sync;"]),
        ("000004.sync;", GuacReason.LENGTH_TOO_LONG, ["sync"]),
        ("4.name,3.a\0b;", GuacReason.NUL, ["name", "a\0b"]),
        ("8193." + "x" * 8193 + ";", GuacReason.ELEMENT_TOO_LONG, ["x" * 8193]),
        (",".join(["1.x"] * 129) + ";", GuacReason.TOO_MANY_ELEMENTS, ["x"] * 129),
    ],
)
def test_what_pyguacamole_takes_and_we_do_not(wire, reason, theirs) -> None:
    """It is too lenient in each of these: Python's `int` reads blanks, signs, underscores, other scripts'
    digits and negative lengths, none of which guacd accepts; and it has no limits, where guacd has these.
    """
    assert decode([wire.encode()]).reason is reason
    assert GuacamoleInstruction.decode_instruction(wire) == theirs


def test_what_pyguacamole_cannot_tell() -> None:
    """It reads one instruction and is wrong about two: what stands behind the first is called an error."""
    assert len(decode([b"3.nop;3.nop;"]).instructions) == 2
    with pytest.raises(InvalidInstruction):
        GuacamoleInstruction.load("3.nop;3.nop;")
