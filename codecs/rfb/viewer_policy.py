"""What one viewer may send to a desktop."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from beamdesk.codecs.rfb.constants import Encoding

__all__ = ["EVERY_KIND", "VIEWING", "DropReason", "MessageKind", "ViewerPolicy"]


class MessageKind(StrEnum):
    """What a message does, which is finer than its type for the clipboard and coarser for keys."""

    SET_PIXEL_FORMAT = "set-pixel-format"
    SET_ENCODINGS = "set-encodings"
    FRAMEBUFFER_UPDATE_REQUEST = "framebuffer-update-request"
    ENABLE_CONTINUOUS_UPDATES = "enable-continuous-updates"
    CLIENT_FENCE = "client-fence"
    KEY_EVENT = "key-event"
    """KeyEvent and the QEMU Extended Key Event."""
    POINTER_EVENT = "pointer-event"
    CLIPBOARD_TO_DESKTOP = "clipboard-to-desktop"
    """ClientCutText with text; in the extended clipboard notify and provide."""
    CLIPBOARD_FROM_DESKTOP = "clipboard-from-desktop"
    """In the extended clipboard request, peek, and capabilities, which can ask for text in advance."""
    SET_DESKTOP_SIZE = "set-desktop-size"
    QEMU_AUDIO = "qemu-audio"
    XVP = "xvp"
    """Shuts down, reboots or resets the machine."""
    GII = "gii"


EVERY_KIND: Final = frozenset(MessageKind)

VIEWING: Final = frozenset(
    {
        MessageKind.SET_PIXEL_FORMAT,
        MessageKind.SET_ENCODINGS,
        MessageKind.FRAMEBUFFER_UPDATE_REQUEST,
        MessageKind.ENABLE_CONTINUOUS_UPDATES,
        MessageKind.CLIENT_FENCE,
    }
)
"""What it takes to look at a desktop, and nothing that changes it."""

_NEVER_OFFERED = frozenset(
    {
        # A PointerEvent then has six or seven bytes, depending on whether the desktop supports the extension.
        # That is said in the desktop's own stream, which is not parsed; a viewer could choose the reading in
        # which what the gateway takes for a key press is a SetDesktopSize to the desktop. Without the
        # offer no desktop enables it, noVNC never sends the long form, and six bytes are certain. The price
        # is the mouse's back and forward buttons.
        Encoding.EXTENDED_MOUSE_BUTTONS,
    }
)

_OFFERED_WITH: Final = {
    Encoding.XVP: MessageKind.XVP,
    Encoding.QEMU_AUDIO: MessageKind.QEMU_AUDIO,
    Encoding.GII: MessageKind.GII,
}
"""Pseudo-encodings that announce messages: without the right to send them they are not offered."""


class DropReason(StrEnum):
    """Why a message did not reach the desktop though the conversation goes on."""

    NOT_ALLOWED = "not-allowed"
    TOO_LARGE = "too-large"
    OUT_OF_RANGE = "out-of-range"
    NOT_OFFERED = "not-offered"
    """An extended clipboard message from a viewer that never offered the extension."""
    TOO_MANY_KEYS = "too-many-keys"


@dataclass(frozen=True, slots=True)
class ViewerPolicy:
    """Rules for one viewer; sizes in pixels, limits in bytes.

    A viewer without CLIPBOARD_FROM_DESKTOP has to be *guarded*, for a server hands the desktop's text to
    everybody: as plain ServerCutText to who does not offer the extended clipboard, and unasked up to
    20 MiB to who offers it without stating capabilities. A guarded viewer therefore has to offer it
    (noVNC does), the gateway states capabilities on its behalf under which text is only announced, and
    the viewer's own requests are dropped. `guard_clipboard=False` gives that up, for plain viewers on
    desktops whose clipboard is no secret.
    """

    allowed: frozenset[MessageKind]

    guard_clipboard: bool = True

    longest_cut_text: int = 1 << 20
    """QEMU and libvncserver end the connection at more than 1 MiB; TigerVNC ignores more than 256 KiB."""

    smallest_side: int = 64
    largest_side: int = 8192
    most_pixels: int = 7680 * 4320
    """An X server allocates four bytes for each pixel that a viewer asks for; this is 8K UHD, 127 MiB."""

    @property
    def guards_clipboard(self) -> bool:
        return self.guard_clipboard and MessageKind.CLIPBOARD_FROM_DESKTOP not in self.allowed

    def encodings(self, offered: Sequence[int]) -> tuple[int, ...]:
        """What the desktop gets to see of the encodings that the viewer offers, in the same order."""
        return tuple(encoding for encoding in offered if self._may_be_offered(encoding))

    def size_is_plausible(self, width: int, height: int) -> bool:
        return (
            self.smallest_side <= width <= self.largest_side
            and self.smallest_side <= height <= self.largest_side
            and width * height <= self.most_pixels
        )

    def _may_be_offered(self, encoding: int) -> bool:
        if encoding in _NEVER_OFFERED:
            return False
        kind = _OFFERED_WITH.get(encoding)  # type: ignore[call-overload]  # an IntEnum's member is its number
        return kind is None or kind in self.allowed
