"""Whose fault it is: ours (`LocalProtocolError`) or the peer's (`RemoteProtocolError`)."""

from enum import StrEnum

from beamdesk.codecs.guac.framed import Framed
from beamdesk.codecs.guac.status import Status

__all__ = ["Fault", "LocalProtocolError", "MalformedStream", "ProtocolError", "RemoteProtocolError"]


class Fault(StrEnum):
    """What was wrong. The values are stable: they are the labels of logs and metrics."""

    # Framing: the bytes are not instructions.
    LENGTH_EMPTY = "length-empty"
    LENGTH_NOT_DIGITS = "length-not-digits"
    LENGTH_TOO_LONG = "length-too-long"
    ELEMENT_TOO_LONG = "element-too-long"
    INSTRUCTION_TOO_LONG = "instruction-too-long"
    TOO_MANY_ELEMENTS = "too-many-elements"
    BAD_TERMINATOR = "bad-terminator"
    NUL = "nul"
    INVALID_UTF8 = "invalid-utf8"
    # Conversation: the instructions are not the ones that belong here.
    UNEXPECTED_INSTRUCTION = "unexpected-instruction"
    BAD_ARGUMENTS = "bad-arguments"
    CLOSED = "closed"
    # Only ever our own.
    MISUSE = "misuse"


class ProtocolError(Exception):
    """The Guacamole protocol was broken; `fault` says how. The text never holds an argument's value."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault = fault


class LocalProtocolError(ProtocolError):
    """We asked for something that the protocol does not allow."""

    status = Status.SERVER_ERROR


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the protocol does not allow."""

    status = Status.CLIENT_BAD_REQUEST

    @classmethod
    def unexpected(cls, opcode: str, waiting_for: str) -> "RemoteProtocolError":
        return cls(Fault.UNEXPECTED_INSTRUCTION, f"got {opcode[:32]!r} while waiting for {waiting_for!r}")

    @classmethod
    def bad_arguments(cls, opcode: str, detail: str) -> "RemoteProtocolError":
        return cls(Fault.BAD_ARGUMENTS, f"{opcode}: {detail}")

    @classmethod
    def closed(cls, waiting_for: str) -> "RemoteProtocolError":
        return cls(Fault.CLOSED, f"the peer closed while we waited for {waiting_for!r}")


class MalformedStream(RemoteProtocolError):
    """The bytes cannot be framed any further; what stood before the fault is whole."""

    def __init__(self, fault: Fault, position: int, framed: Framed) -> None:
        super().__init__(fault, f"at byte {position} of the chunk")
        self.position = position
        """Offset in the chunk of the first byte that cannot be right."""
        self.framed = framed
        """The instructions of the chunk that ended before the fault."""
