"""The strict decoder: every instruction as an object. For what a browser sends, and for handshakes.

It works on text, where a code point is a character; `framing.pyx` and `framing_py.py` work on bytes.
All three agree on which streams are right, and on what is wrong with the others.
"""

import re
from collections.abc import Iterator

from beamdesk.codecs.guac.errors import GuacReason, RemoteProtocolError
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.limits import (
    MAXIMUM_ELEMENT_CHARACTERS,
    MAXIMUM_ELEMENTS,
    MAXIMUM_INSTRUCTION_BYTES,
    MAXIMUM_LENGTH_DIGITS,
)

__all__ = ["InstructionDecoder"]

_LENGTH = re.compile(rf"([0-9]{{1,{MAXIMUM_LENGTH_DIGITS}}})\.")
_DIGITS = re.compile(r"[0-9]*")

_LONGEST_PLAIN = 512
"""Characters of what is read at a stroke: no limit of bytes or characters is near."""


class InstructionDecoder:
    """Bytes (or text) in, instructions out; elements may be split anywhere, also inside a UTF-8 sequence.

    What is not asked for stays in the decoder: read until `next_instruction` gives `None`, and at most
    one unfinished instruction is kept.
    """

    def __init__(self) -> None:
        self._text = ""
        self._position = 0
        """Where the element begins that is looked for next."""
        self._start = 0
        """Where its instruction begins."""
        self._elements: list[str] = []
        self._undecoded = b""
        """Bytes behind the text: a character's beginning, or what can never be one."""
        self._not_utf8 = False

    @property
    def is_between(self) -> bool:
        """Whether all that came has been given out, and it was whole."""
        return self._start == len(self._text) and not self._undecoded

    def receive(self, data: bytes | bytearray | memoryview | str) -> None:
        """Take the stream's next piece. What is wrong with it is said by `next_instruction`."""
        if self._not_utf8:
            return
        text = data if isinstance(data, str) else self._decode(bytes(data))
        self._text = self._text[self._start :] + text
        self._position -= self._start
        self._start = 0

    def next_instruction(self) -> Instruction | None:
        """The next whole instruction, `None` where the rest has not come yet.

        Raises `RemoteProtocolError` where the stream is no longer one of instructions.
        """
        if not self._elements:
            if self._position == len(self._text) and not self._undecoded:
                return None
            if (plain := self._plain_instruction()) is not None:
                return plain
        while (element := self._next_element()) is not None:
            self._elements.append(element)
            ended = self._text[self._position] == ";"
            if not ended and len(self._elements) == MAXIMUM_ELEMENTS:
                raise self._fault(GuacReason.TOO_MANY_ELEMENTS, self._position)
            self._position += 1
            if ended:
                if self._bytes_until(self._position) > MAXIMUM_INSTRUCTION_BYTES:
                    raise RemoteProtocolError(GuacReason.INSTRUCTION_TOO_LONG)
                instruction = Instruction(self._elements[0], tuple(self._elements[1:]))
                self._elements = []
                self._start = self._position
                return instruction
        return None

    def __iter__(self) -> Iterator[Instruction]:
        """Every whole instruction there is now."""
        while (instruction := self.next_instruction()) is not None:
            yield instruction

    def decode(self, data: bytes | bytearray | memoryview | str) -> list[Instruction]:
        """`receive`, and every whole instruction there is then."""
        self.receive(data)
        whole = []
        while not self.is_between and (instruction := self.next_instruction()) is not None:
            whole.append(instruction)
        return whole

    def take_rest(self) -> bytes:
        """The bytes behind the last instruction that was given out, for somebody else to read on."""
        rest = self._text[self._start :].encode() + self._undecoded
        self._text, self._start, self._position = "", 0, 0
        self._elements, self._undecoded, self._not_utf8 = [], b"", False
        return rest

    def _decode(self, data: bytes) -> str:
        data = self._undecoded + data
        try:
            text, self._undecoded = data.decode(), b""
        except UnicodeDecodeError as error:
            text, self._undecoded = data[: error.start].decode(), data[error.start :]
            self._not_utf8 = error.reason != "unexpected end of data"
        return text

    def _plain_instruction(self) -> Instruction | None:
        """The next instruction, if it is like nearly all: short, and no value holds what parts values.

        `None` says nothing: it has to be looked at element by element.
        """
        start = self._position
        end = self._text.find(";", start, start + _LONGEST_PLAIN)
        if end < 0:
            return None
        values = []
        for element in self._text[start:end].split(","):
            length, dot, value = element.partition(".")
            # Written as we write it, and right: then a comma behind it cannot be a part of it.
            if not dot or length != str(len(value)) or "\0" in value:
                return None
            values.append(value)
        if len(values) > MAXIMUM_ELEMENTS:
            return None
        self._start = self._position = end + 1
        return Instruction(values[0], tuple(values[1:]))

    def _next_element(self) -> str | None:
        """The element at the place, the place moved to its terminator; `None` where it is not whole."""
        header = _LENGTH.match(self._text, self._position)
        if header is not None and (length := int(header[1])) <= MAXIMUM_ELEMENT_CHARACTERS:
            end = header.end() + length
            element = self._text[header.end() : end]
            if self._text[end : end + 1] in {",", ";"} and "\0" not in element:
                self._position = end
                return element
        self._find_fault()
        return None

    def _find_fault(self) -> None:
        """The element at the place is not whole: raise if it can never be."""
        text, position = self._text, self._position
        # A byte that waits for the rest of its character is no digit and no terminator.
        undecoded = bool(self._undecoded)
        digits = _DIGITS.match(text, position)[0]  # type: ignore[index]  # it matches everywhere
        for count in range(1, len(digits) + 1):
            if count > MAXIMUM_LENGTH_DIGITS:
                raise self._fault(GuacReason.LENGTH_TOO_LONG, position + count - 1)
            if int(digits[:count]) > MAXIMUM_ELEMENT_CHARACTERS:
                raise self._fault(GuacReason.ELEMENT_TOO_LONG, position + count - 1)
        position += len(digits)
        if position == len(text):
            return self._wait(GuacReason.LENGTH_NOT_DIGITS if undecoded else None)
        if text[position] != ".":
            raise self._fault(GuacReason.LENGTH_NOT_DIGITS, position)
        if not digits:
            raise self._fault(GuacReason.LENGTH_EMPTY, position)
        end = position + 1 + int(digits)
        nul = text.find("\0", position + 1, end)
        if nul >= 0:
            raise self._fault(GuacReason.NUL, nul)
        if len(text) < end:
            return self._wait(GuacReason.INVALID_UTF8 if self._not_utf8 else None)
        if len(text) == end:
            return self._wait(GuacReason.BAD_TERMINATOR if undecoded else None)
        raise self._fault(GuacReason.BAD_TERMINATOR, end)

    def _wait(self, reason: GuacReason | None) -> None:
        """The text ends in the middle of an element; *reason* says why nothing can follow."""
        if reason is not None:
            raise self._fault(reason, len(self._text))
        if self._bytes_until(len(self._text)) + len(self._undecoded) > MAXIMUM_INSTRUCTION_BYTES:
            raise RemoteProtocolError(GuacReason.INSTRUCTION_TOO_LONG)

    def _fault(self, reason: GuacReason, position: int) -> RemoteProtocolError:
        """What is wrong at *position*, unless the instruction was too long before it."""
        if self._bytes_until(position) >= MAXIMUM_INSTRUCTION_BYTES:
            return RemoteProtocolError(GuacReason.INSTRUCTION_TOO_LONG)
        return RemoteProtocolError(reason)

    def _bytes_until(self, position: int) -> int:
        if (position - self._start) * 4 <= MAXIMUM_INSTRUCTION_BYTES:
            # Cannot be too long: the exact number does not matter.
            return position - self._start
        return len(self._text[self._start : position].encode())
