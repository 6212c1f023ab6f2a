"""What can go wrong in a Guacamole conversation, and whose fault it was."""

from enum import StrEnum

from beamdesk.codecs.guac.framed import Framed

__all__ = ["GuacError", "GuacReason", "LocalProtocolError", "MalformedStream", "RemoteProtocolError"]

_LONGEST_DETAIL = 500
"""A peer's text is shown and logged; a line of that length still fits on a screen."""


class GuacReason(StrEnum):
    """Bounded set of causes; also a label for metrics."""

    # The bytes are not instructions.
    LENGTH_EMPTY = "length-empty"
    LENGTH_NOT_DIGITS = "length-not-digits"
    LENGTH_TOO_LONG = "length-too-long"
    ELEMENT_TOO_LONG = "element-too-long"
    INSTRUCTION_TOO_LONG = "instruction-too-long"
    TOO_MANY_ELEMENTS = "too-many-elements"
    BAD_TERMINATOR = "bad-terminator"
    NUL = "nul"
    INVALID_UTF8 = "invalid-utf8"
    # The instructions are not the ones that belong here.
    UNEXPECTED_INSTRUCTION = "unexpected-instruction"
    BAD_ARGUMENTS = "bad-arguments"
    CLOSED_EARLY = "closed-early"
    # Ours.
    WRONG_STATE = "wrong-state"
    BAD_ARGUMENT = "bad-argument"


class GuacError(Exception):
    """The conversation cannot go on. `detail` never holds an argument's value: it may be a password."""

    def __init__(self, reason: GuacReason, detail: str = "") -> None:
        printable = "".join(
            letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in detail
        )
        self.reason = reason
        self.detail = printable[:_LONGEST_DETAIL]
        super().__init__(f"{reason}: {self.detail}" if detail else str(reason))


class LocalProtocolError(GuacError):
    """The caller used a codec wrongly: our bug."""

    @classmethod
    def wrong_state(cls, what: str) -> "LocalProtocolError":
        return cls(GuacReason.WRONG_STATE, what)

    @classmethod
    def bad_argument(cls, what: str) -> "LocalProtocolError":
        return cls(GuacReason.BAD_ARGUMENT, what)


class RemoteProtocolError(GuacError):
    """The peer broke the protocol."""

    @classmethod
    def unexpected(cls, opcode: str, when: str) -> "RemoteProtocolError":
        return cls(GuacReason.UNEXPECTED_INSTRUCTION, f"{opcode[:32]!r} {when}")

    @classmethod
    def bad_arguments(cls, opcode: str, what: str) -> "RemoteProtocolError":
        return cls(GuacReason.BAD_ARGUMENTS, f"{opcode[:32]!r}: {what}")


class MalformedStream(RemoteProtocolError):  # noqa: N818 - what is malformed, beside who is to blame
    """The bytes of a chunk cannot be framed any further."""

    def __init__(self, reason: GuacReason, position: int, framed: Framed) -> None:
        super().__init__(reason, f"at byte {position} of the chunk")
        self.position = position
        """Offset in the chunk of the first byte that cannot be right."""
        self.framed = framed
        """The instructions of the chunk that ended before it."""
