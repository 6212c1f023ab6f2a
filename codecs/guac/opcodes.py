"""Every instruction of the protocol by direction: its class, how many arguments it takes, what it is for.

Guacamole protocol reference, "Instruction reference"; libguac's `user-handlers.c` and `protocol.c`;
guacamole-common-js `Client.js`. The same name may mean different things in the two directions.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "HANDSHAKE",
    "IGNORED_FROM_VIEWER",
    "TO_SERVER",
    "TO_VIEWER",
    "TUNNEL",
    "InstructionKind",
    "Opcode",
    "OpcodeClass",
]

TUNNEL = ""
"""The opcode between a browser and its tunnel (pings, the tunnel's identifier); guacd never sees it."""


class OpcodeClass(StrEnum):
    """The chapters of the instruction reference."""

    CONTROL = "control"
    DRAWING = "drawing"
    STREAM = "stream"
    OBJECT = "object"
    INPUT = "input"


class InstructionKind(StrEnum):
    """What a viewer wants with an instruction: rights are given by kind."""

    CONTROL = "control"
    """`nop`, `disconnect`: every viewer's."""
    ACKNOWLEDGE = "acknowledge"
    """`sync`, `ack`: a viewer that may not acknowledge could not look on."""
    INPUT = "input"
    CLIPBOARD = "clipboard"
    RESIZE = "resize"
    FILE = "file"
    """Both directions: `file` and `put` send, `get` fetches."""
    PIPE = "pipe"
    AUDIO_IN = "audio-in"
    ARGV = "argv"
    """Changes a parameter of the running connection (a terminal's font) or answers `required`."""
    STREAM = "stream"
    """`blob`, `end`: the right to them is the right to the stream that they go on with."""

    # Enum's own runs in Python, and it is asked for with each instruction.
    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Opcode:
    """One instruction in one direction. Argument counts are inclusive; `None`: as many as there are."""

    opcode_class: OpcodeClass
    fewest: int
    most: int | None
    kind: InstructionKind | None = None
    """Only of what viewers send."""
    stream: int | None = None
    """Which argument is the index of a stream that the instruction opens."""


def _plain(opcode_class: OpcodeClass, **counts: int) -> dict[str, Opcode]:
    return {name: Opcode(opcode_class, count, count) for name, count in counts.items()}


_CONTROL, _DRAWING, _STREAM = OpcodeClass.CONTROL, OpcodeClass.DRAWING, OpcodeClass.STREAM
_OBJECT, _INPUT = OpcodeClass.OBJECT, OpcodeClass.INPUT

TO_SERVER: dict[str, Opcode] = {
    "sync": Opcode(_CONTROL, 1, 1, InstructionKind.ACKNOWLEDGE),
    "nop": Opcode(_CONTROL, 0, 0, InstructionKind.CONTROL),
    "disconnect": Opcode(_CONTROL, 0, 0, InstructionKind.CONTROL),
    "mouse": Opcode(_INPUT, 3, 5, InstructionKind.INPUT),
    "key": Opcode(_INPUT, 2, 2, InstructionKind.INPUT),
    "touch": Opcode(_INPUT, 7, 7, InstructionKind.INPUT),
    "size": Opcode(_INPUT, 2, 2, InstructionKind.RESIZE),
    "ack": Opcode(_STREAM, 3, 3, InstructionKind.ACKNOWLEDGE),
    "blob": Opcode(_STREAM, 2, 2, InstructionKind.STREAM),
    "end": Opcode(_STREAM, 1, 1, InstructionKind.STREAM),
    "clipboard": Opcode(_STREAM, 2, 2, InstructionKind.CLIPBOARD, stream=0),
    "file": Opcode(_STREAM, 3, 3, InstructionKind.FILE, stream=0),
    "pipe": Opcode(_STREAM, 3, 3, InstructionKind.PIPE, stream=0),
    "audio": Opcode(_STREAM, 2, 2, InstructionKind.AUDIO_IN, stream=0),
    "argv": Opcode(_STREAM, 3, 3, InstructionKind.ARGV, stream=0),
    "get": Opcode(_OBJECT, 2, 2, InstructionKind.FILE),
    "put": Opcode(_OBJECT, 4, 4, InstructionKind.FILE, stream=1),
}
"""What a viewer may send once it is connected."""

IGNORED_FROM_VIEWER = frozenset({"usbconnect", "usbdata", "usbdisconnect"})
"""Known, and never passed on: no desktop of ours offers USB devices."""

TO_VIEWER: dict[str, Opcode] = {
    "sync": Opcode(_CONTROL, 1, 2),
    "nop": Opcode(_CONTROL, 0, 0),
    "error": Opcode(_CONTROL, 2, 2),
    "disconnect": Opcode(_CONTROL, 0, 0),
    "ready": Opcode(_CONTROL, 1, 1),
    "required": Opcode(_CONTROL, 1, None),
    "msg": Opcode(_CONTROL, 1, None),
    "log": Opcode(_CONTROL, 1, 1),
    "name": Opcode(_CONTROL, 1, 1),
    **_plain(_INPUT, mouse=4, key=3, touch=7),
    **_plain(_DRAWING, arc=7, cfill=6, clip=1, close=1, copy=9, cstroke=9, cursor=7, curve=7, dispose=1),
    **_plain(_DRAWING, distort=7, identity=1, lfill=3, line=3, lstroke=6, move=5, pop=1, push=1, rect=5),
    **_plain(_DRAWING, reset=1, set=3, shade=2, size=3, start=3, transfer=9, transform=7),
    **_plain(_DRAWING, jpeg=5, png=5),
    **_plain(
        _STREAM, ack=3, argv=3, audio=2, blob=2, clipboard=2, end=1, file=3, img=6, nest=2, pipe=3, video=3
    ),
    **_plain(_OBJECT, body=4, filesystem=2, undefine=1, usbdata=3, usbdisconnect=1),
}
"""What guacd sends once a viewer is connected; `jpeg` and `png` only before 0.9.7."""

HANDSHAKE: dict[str, Opcode] = {
    "select": Opcode(_CONTROL, 1, 1),
    "args": Opcode(_CONTROL, 0, None),
    "size": Opcode(_CONTROL, 2, 3),
    "audio": Opcode(_CONTROL, 0, None),
    "video": Opcode(_CONTROL, 0, None),
    "image": Opcode(_CONTROL, 0, None),
    "timezone": Opcode(_CONTROL, 1, 1),
    "name": Opcode(_CONTROL, 1, 1),
    "connect": Opcode(_CONTROL, 0, None),
    "ready": Opcode(_CONTROL, 1, 1),
    "error": Opcode(_CONTROL, 2, 2),
}
"""What the two sides say before drawing begins."""
