"""What a FramebufferClient reports."""

from dataclasses import dataclass
from typing import TypeAlias

from beamdesk.codecs.rfb.extended_clipboard import ClipboardMessage
from beamdesk.codecs.rfb.framebuffer import Rectangle

__all__ = [
    "Bell",
    "ContinuousUpdatesEnded",
    "CutText",
    "ExtendedCutText",
    "FramebufferEvent",
    "Resized",
    "Updated",
]


@dataclass(frozen=True, slots=True)
class Updated:
    """One FramebufferUpdate was drawn; *damage* lists its rectangles in the order of drawing."""

    damage: tuple[Rectangle, ...]


@dataclass(frozen=True, slots=True)
class Resized:
    """The desktop has another size; `Framebuffer.pixels` is another array."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bell:
    """RFC 6143, section 7.6.3."""


@dataclass(frozen=True, slots=True)
class CutText:
    """Plain text from the desktop's clipboard (RFC 6143, section 7.6.4)."""

    text: str


@dataclass(frozen=True, slots=True)
class ExtendedCutText:
    """A message of the extended clipboard."""

    message: ClipboardMessage


@dataclass(frozen=True, slots=True)
class ContinuousUpdatesEnded:
    """The desktop supports continuous updates, or has stopped them (rfbproto, EndOfContinuousUpdates)."""


FramebufferEvent: TypeAlias = Updated | Resized | Bell | CutText | ExtendedCutText | ContinuousUpdatesEnded
