"""A browser's answers to what the machine asks for: a name, a password."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["Answer", "Answers"]

LONGEST_ANSWER: Final = 4096
"""Bytes of a value; a private key is the longest that is asked for."""

MOST_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """A parameter that the viewer gives. Its value is nobody's business but guacd's."""

    name: str
    value: str = field(repr=False)


class Answers:
    """Puts together `argv` streams, which must have been judged before."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, bytearray]] = {}

    def receive(self, instruction: Instruction) -> Answer | None:
        """The answer that *instruction* completes. What is too long or no text is forgotten."""
        match instruction.opcode, instruction.arguments:
            case "argv", (stream, _, name) if len(self._open) < MOST_AT_ONCE:
                self._open[stream] = name, bytearray()
            case "blob", (stream, encoded) if stream in self._open:
                self._add(stream, encoded)
            case "end", (stream,) if stream in self._open:
                name, value = self._open.pop(stream)
                try:
                    return Answer(name, value.decode())
                except UnicodeDecodeError:
                    return None
        return None

    def _add(self, stream: str, encoded: str) -> None:
        value = self._open[stream][1]
        try:
            value += base64.b64decode(encoded, validate=True)
        except binascii.Error:
            del self._open[stream]
            return
        if len(value) > LONGEST_ANSWER:
            del self._open[stream]
