"""What one viewer may send to guacd."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from beamdesk.codecs.guac.opcodes import InstructionKind

__all__ = ["VIEWING", "DropReason", "ViewerPolicy"]

VIEWING: Final = frozenset({InstructionKind.CONTROL, InstructionKind.ACKNOWLEDGE})
"""What it takes to look at a desktop, and nothing that changes it."""


class DropReason(StrEnum):
    """Why an instruction did not reach guacd though the conversation goes on."""

    NOT_ALLOWED = "not-allowed"
    """A well-behaved browser sends these too: it does not know its viewer's rights."""
    UNKNOWN_OPCODE = "unknown-opcode"
    BAD_ARGUMENTS = "bad-arguments"
    NO_SUCH_STREAM = "no-such-stream"
    TOO_MANY = "too-many"
    """More keys or touches than hands have, or more streams than guacd has."""

    @property
    def is_bad(self) -> bool:
        """guacamole-common-js does not do that: count these against the viewer."""
        return self is not DropReason.NOT_ALLOWED


@dataclass(frozen=True, slots=True)
class ViewerPolicy:
    """Rules for one viewer; sizes in pixels."""

    allowed: frozenset[InstructionKind]

    smallest_side: int = 64
    """guacd's RDP client divides by what it derives from smaller ones, and takes all viewers with it."""
    largest_side: int = 8192
