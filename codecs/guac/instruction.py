"""One instruction: an opcode and its arguments, and how they stand on the wire.

Guacamole protocol reference, "Design": each element is preceded by the number of its Unicode code
points in decimal and a full stop; elements are parted by commas, an instruction ends with a semicolon.
"""

from dataclasses import dataclass

from beamdesk.codecs.guac.errors import LocalProtocolError
from beamdesk.codecs.guac.limits import (
    MAXIMUM_ELEMENT_CHARACTERS,
    MAXIMUM_ELEMENTS,
    MAXIMUM_INSTRUCTION_BYTES,
)

__all__ = ["Instruction"]


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction as it was received, or as it will be sent."""

    opcode: str
    arguments: tuple[str, ...] = ()

    @classmethod
    def of(cls, opcode: str, *arguments: str | int) -> "Instruction":
        """With numbers written out."""
        return cls(opcode, tuple(map(str, arguments)))

    def encode(self) -> bytes:
        """The bytes of the wire. `LocalProtocolError` where the peer could not read them."""
        written = f"{len(self.opcode)}.{self.opcode}"
        for argument in self.arguments:
            written += f",{len(argument)}.{argument}"
        written += ";"
        # In what is as short as that no limit of characters or bytes can be passed.
        if (
            len(written) > MAXIMUM_ELEMENT_CHARACTERS
            or len(self.arguments) >= MAXIMUM_ELEMENTS
            or "\0" in written
        ):
            self._check_limits((self.opcode, *self.arguments))
        try:
            encoded = written.encode()
        except UnicodeEncodeError:
            # Not chained: that error's text would hold an argument's value.
            raise self._misuse("an element holds half of a surrogate pair") from None
        if len(encoded) > MAXIMUM_INSTRUCTION_BYTES:
            raise self._misuse(f"is {len(encoded)} bytes long")
        return encoded

    def _check_limits(self, elements: tuple[str, ...]) -> None:
        if len(elements) > MAXIMUM_ELEMENTS:
            raise self._misuse(f"has {len(elements)} elements")
        for index, element in enumerate(elements):
            if len(element) > MAXIMUM_ELEMENT_CHARACTERS:
                raise self._misuse(f"element {index} has {len(element)} characters")
            if "\0" in element:
                raise self._misuse(f"element {index} holds a NUL")

    def _misuse(self, what: str) -> LocalProtocolError:
        return LocalProtocolError.bad_argument(f"{self.opcode[:32]!r} {what}")
