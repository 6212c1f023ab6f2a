import traceback

import pytest

from beamdesk.codecs.guac.errors import GuacReason, LocalProtocolError
from beamdesk.codecs.guac.instruction import Instruction


@pytest.mark.parametrize(
    ("instruction", "wire"),
    [
        (Instruction("nop"), "3.nop;"),
        (Instruction("", ("ping", "17")), "0.,4.ping,2.17;"),
        (Instruction.of("size", 1024, 768, 96), "4.size,4.1024,3.768,2.96;"),
        (Instruction("connect", ("", "x")), "7.connect,0.,1.x;"),
        # One each: code points, neither bytes nor UTF-16 units.
        (Instruction("name", ("a犬𐬀\u200d",)), "4.name,4.a犬𐬀\u200d;"),
        (Instruction("name", (";3.nop;",)), "4.name,7.;3.nop;;"),
    ],
)
def test_wire(instruction, wire) -> None:
    assert instruction.encode() == wire.encode()


def test_at_the_limits() -> None:
    assert Instruction("x", ("y" * 8192,)).encode().startswith(b"1.x,8192.yyy")
    assert Instruction("x", ("y",) * 127).encode().count(b",") == 127
    assert len(Instruction("x", ("y" * 8192, "y" * 8192, "y" * 8192, "y" * 8164)).encode()) == 32768


@pytest.mark.parametrize(
    "instruction",
    [
        Instruction("x", ("secret" + "y" * 8187,)),
        Instruction("x", ("secret",) * 128),
        Instruction("x", ("secret\0",)),
        Instruction("x", ("secret\ud800",)),
        Instruction("x", ("secret" + "y" * 8186, "y" * 8192, "y" * 8192, "y" * 8165)),
    ],
)
def test_past_the_limits_is_our_fault_and_says_no_value(instruction) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        instruction.encode()
    assert caught.value.reason is GuacReason.BAD_ARGUMENT
    assert "secret" not in "".join(traceback.format_exception(caught.value))
