"""Leaves out of guacd's stream what a viewer is not to get: a clipboard that is not its business, sound that
it does not play.
"""

from collections.abc import Iterable
from typing import Final

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.framed import NOTICED, Framed, Noticed
from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["WithheldStreams"]

_STREAM_ARGUMENT: Final = {
    **dict.fromkeys(("audio", "argv", "clipboard", "file", "img", "nest", "pipe", "video"), 0),
    "body": 1,
}
"""Which argument of an opening instruction is the index of its stream."""


class WithheldStreams:
    """Nearly all runs pass as they are; while something withheld is under way they are read one by one."""

    def __init__(self, withheld: frozenset[Noticed], under_way: Iterable[str] = ()) -> None:
        self._withheld = withheld
        self.under_way = set(under_way)
        """Indices of the streams that are being left out. Without any, and without a notice, nothing is."""

    def holds(self, stream: str) -> bool:
        """Whether the stream of that index is being left out."""
        return stream in self.under_way

    def without(self, run: memoryview, framed: Framed) -> bytes | memoryview:
        """*run*, or what is left of it."""
        if not self.under_way and not any(notice.kind in self._withheld for notice in framed.notices):
            return run
        decoder = InstructionDecoder()
        decoder.receive(run)
        return b"".join(instruction.encode() for instruction in decoder if self._passes(instruction))

    def _passes(self, instruction: Instruction) -> bool:
        opcode, arguments = instruction.opcode, instruction.arguments
        is_withheld = NOTICED.get(opcode) in self._withheld
        place = _STREAM_ARGUMENT.get(opcode)
        if place is not None and place < len(arguments):
            (self.under_way.add if is_withheld else self.under_way.discard)(arguments[place])
        elif opcode in {"blob", "end"} and arguments and arguments[0] in self.under_way:
            if opcode == "end":
                self.under_way.discard(arguments[0])
            return False
        return not is_withheld
