"""The framing kernel in plain Python: one state per byte, no short cuts. The oracle of `framing.pyx`.

Its states and transitions (each byte belongs to exactly one):

    LENGTH ──digit──▶ LENGTH ──"."──▶ CONTENT ──code point──▶ CONTENT ──last──▶ TERMINATOR ──";"──▶ COMPLETE
       ▲                                                                            │
       └──────────────────────────────── "," ───────────────────────────────────────┘
"""

from enum import Enum, auto

from beamdesk.codecs.guac.errors import GuacReason, LocalProtocolError, MalformedStream
from beamdesk.codecs.guac.framed import NOTICED, Framed, Notice
from beamdesk.codecs.guac.limits import (
    MAXIMUM_ELEMENT_CHARACTERS,
    MAXIMUM_ELEMENTS,
    MAXIMUM_INSTRUCTION_BYTES,
    MAXIMUM_LENGTH_DIGITS,
)

__all__ = ["InstructionFramer"]

_MAXIMUM_TIMESTAMP_DIGITS = 18
"""Fits into 64 bits with its sign; milliseconds need 13 of them."""


class _State(Enum):
    LENGTH = auto()
    CONTENT = auto()
    TERMINATOR = auto()
    COMPLETE = auto()


class InstructionFramer:
    """Frames a stream of instructions chunk by chunk. See `framing.pyi` for the contract."""

    def __init__(self) -> None:
        self._faulty = False
        self._begin_instruction()

    @property
    def pending(self) -> int:
        return self._instruction_bytes

    def feed(self, chunk: bytes | bytearray | memoryview) -> Framed:
        if self._faulty:
            raise LocalProtocolError.wrong_state("fed after a fault")
        end = instructions = syncs = 0
        last_sync: int | None = None
        notices: list[Notice] = []
        for position, byte in enumerate(memoryview(chunk).cast("B")):
            fault = self._step(byte)
            if fault is not None:
                self._faulty = True
                raise MalformedStream(
                    fault, position, Framed(end, instructions, syncs, last_sync, tuple(notices))
                )
            if self._state is not _State.COMPLETE:
                continue
            end, instructions = position + 1, instructions + 1
            if self._opcode == b"sync":
                syncs += 1
                last_sync = last_sync if self._timestamp is None else self._timestamp
            elif kind := NOTICED.get(self._opcode.decode()):
                notices.append(Notice(kind, end - self._instruction_bytes, end))
            self._begin_instruction()
        return Framed(end, instructions, syncs, last_sync, tuple(notices))

    def _begin_instruction(self) -> None:
        self._instruction_bytes = 0
        self._elements = 0
        self._timestamp: int | None = None
        self._begin_element()

    def _begin_element(self) -> None:
        self._state = _State.LENGTH
        self._lowest, self._highest = 0x80, 0xBF
        self._digits = self._length = 0
        self._continuation_bytes = 0
        self._value = b""

    def _step(self, byte: int) -> GuacReason | None:
        if self._instruction_bytes == MAXIMUM_INSTRUCTION_BYTES:
            return GuacReason.INSTRUCTION_TOO_LONG
        self._instruction_bytes += 1
        match self._state:
            case _State.LENGTH:
                return self._step_length(byte)
            case _State.CONTENT:
                return self._step_content(byte)
            case _State.TERMINATOR:
                return self._step_terminator(byte)
            case _State.COMPLETE:
                raise AssertionError  # the next instruction was not begun

    def _step_length(self, byte: int) -> GuacReason | None:
        if byte == ord("."):
            if self._digits == 0:
                return GuacReason.LENGTH_EMPTY
            self._elements += 1
            self._state = _State.CONTENT if self._length else _State.TERMINATOR
            return None
        if not ord("0") <= byte <= ord("9"):
            return GuacReason.LENGTH_NOT_DIGITS
        self._digits += 1
        self._length = 10 * self._length + byte - ord("0")
        if self._digits > MAXIMUM_LENGTH_DIGITS:
            return GuacReason.LENGTH_TOO_LONG
        if self._length > MAXIMUM_ELEMENT_CHARACTERS:
            return GuacReason.ELEMENT_TOO_LONG
        return None

    def _step_content(self, byte: int) -> GuacReason | None:
        if self._continuation_bytes:
            if not self._lowest <= byte <= self._highest:
                return GuacReason.INVALID_UTF8
            self._lowest, self._highest = 0x80, 0xBF
            self._continuation_bytes -= 1
        elif byte == 0:
            return GuacReason.NUL
        elif byte >= 0x80:
            # The Unicode Standard, table 3-7: well-formed UTF-8 byte sequences.
            self._lowest = {0xE0: 0xA0, 0xF0: 0x90}.get(byte, 0x80)
            self._highest = {0xED: 0x9F, 0xF4: 0x8F}.get(byte, 0xBF)
            if 0xC2 <= byte <= 0xDF:
                self._continuation_bytes = 1
            elif 0xE0 <= byte <= 0xEF:
                self._continuation_bytes = 2
            elif 0xF0 <= byte <= 0xF4:
                self._continuation_bytes = 3
            else:
                return GuacReason.INVALID_UTF8
        self._value += bytes((byte,))
        if self._continuation_bytes == 0:
            self._length -= 1
            if self._length == 0:
                self._state = _State.TERMINATOR
        return None

    def _step_terminator(self, byte: int) -> GuacReason | None:
        if byte not in b",;":
            return GuacReason.BAD_TERMINATOR
        if self._elements == 1:
            self._opcode = self._value
        elif self._elements == 2 and self._opcode == b"sync":
            self._timestamp = _timestamp(self._value)
        if byte == ord(";"):
            self._state = _State.COMPLETE
        elif self._elements == MAXIMUM_ELEMENTS:
            return GuacReason.TOO_MANY_ELEMENTS
        else:
            self._begin_element()
        return None


def _timestamp(value: bytes) -> int | None:
    """The milliseconds in a `sync`, `None` for anything but up to eighteen digits."""
    if value.isdigit() and len(value) <= _MAXIMUM_TIMESTAMP_DIGITS:
        return int(value)
    return None
