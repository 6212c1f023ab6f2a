"""How long a client message is, told from its first bytes (RFC 6143, section 7.5, and rfbproto)."""

import struct
from typing import Final

from beamdesk.codecs.rfb.constants import (
    ClientMessageType,
    ClipboardAction,
    QemuAudioOperation,
    QemuMessageType,
)
from beamdesk.codecs.rfb.errors import RemoteProtocolError
from beamdesk.codecs.rfb.exact_reader import Buffer
from beamdesk.codecs.rfb.viewer_policy import MessageKind

__all__ = ["FIXED_LENGTHS", "MOST_ENCODINGS", "measure"]

MOST_ENCODINGS: Final = 1024
"""About 200 encodings are registered and noVNC offers 25."""

FIXED_LENGTHS: Final[dict[int, tuple[int, MessageKind]]] = {
    ClientMessageType.SET_PIXEL_FORMAT: (20, MessageKind.SET_PIXEL_FORMAT),
    ClientMessageType.FRAMEBUFFER_UPDATE_REQUEST: (10, MessageKind.FRAMEBUFFER_UPDATE_REQUEST),
    ClientMessageType.KEY_EVENT: (8, MessageKind.KEY_EVENT),
    ClientMessageType.POINTER_EVENT: (6, MessageKind.POINTER_EVENT),
    ClientMessageType.ENABLE_CONTINUOUS_UPDATES: (10, MessageKind.ENABLE_CONTINUOUS_UPDATES),
    ClientMessageType.XVP: (4, MessageKind.XVP),
}

_BIG_ENDIAN = 0x80


_CLIPBOARD_KINDS = {
    ClipboardAction.REQUEST: MessageKind.CLIPBOARD_FROM_DESKTOP,
    ClipboardAction.PEEK: MessageKind.CLIPBOARD_FROM_DESKTOP,
    ClipboardAction.NOTIFY: MessageKind.CLIPBOARD_TO_DESKTOP,
    ClipboardAction.PROVIDE: MessageKind.CLIPBOARD_TO_DESKTOP,
}


def measure(data: Buffer, at: int) -> tuple[int, MessageKind | None]:
    """Length and kind of the message that begins at *at*; or, kind None, how many bytes it takes to tell.

    Raises RemoteProtocolError where no length can be told.
    """
    message_type = data[at]
    if message_type in FIXED_LENGTHS:
        return FIXED_LENGTHS[message_type]
    match message_type:
        case ClientMessageType.SET_ENCODINGS:
            return _set_encodings(data, at)
        case ClientMessageType.CLIENT_CUT_TEXT:
            return _client_cut_text(data, at)
        case ClientMessageType.CLIENT_FENCE:
            if len(data) < at + 9:
                return 9, None
            return 9 + data[at + 8], MessageKind.CLIENT_FENCE
        case ClientMessageType.SET_DESKTOP_SIZE:
            if len(data) < at + 8:
                return 8, None
            return 8 + 16 * data[at + 6], MessageKind.SET_DESKTOP_SIZE
        case ClientMessageType.GII:
            if len(data) < at + 4:
                return 4, None
            order = ">H" if data[at + 1] & _BIG_ENDIAN else "<H"
            return 4 + int(struct.unpack_from(order, data, at + 2)[0]), MessageKind.GII
        case ClientMessageType.QEMU:
            return _qemu(data, at)
    raise RemoteProtocolError.unknown_message(message_type)


def _set_encodings(data: Buffer, at: int) -> tuple[int, MessageKind | None]:
    """RFC 6143, section 7.5.2."""
    if len(data) < at + 4:
        return 4, None
    (count,) = struct.unpack_from(">H", data, at + 2)
    if count > MOST_ENCODINGS:
        raise RemoteProtocolError.too_large("the number of encodings", count, MOST_ENCODINGS)
    return 4 + 4 * count, MessageKind.SET_ENCODINGS


def _client_cut_text(data: Buffer, at: int) -> tuple[int, MessageKind | None]:
    """RFC 6143, section 7.5.6; rfbproto, Extended Clipboard: there the length is negative."""
    if len(data) < at + 8:
        return 8, None
    (length,) = struct.unpack_from(">i", data, at + 4)
    if length >= 0:
        return 8 + length, MessageKind.CLIPBOARD_TO_DESKTOP
    if length > -4:
        raise RemoteProtocolError.malformed(f"an extended clipboard message of {-length} bytes")
    if len(data) < at + 12:
        return 12, None
    actions = data[at + 8] << 24
    if actions & ClipboardAction.CAPS:
        return 8 - length, MessageKind.CLIPBOARD_FROM_DESKTOP
    kind = _CLIPBOARD_KINDS.get(ClipboardAction(actions))
    if kind is None:
        raise RemoteProtocolError.malformed(f"extended clipboard actions {actions:#x}")
    return 8 - length, kind


def _qemu(data: Buffer, at: int) -> tuple[int, MessageKind | None]:
    """rfbproto, QEMU Client Message: each sub-message has a length of its own."""
    if len(data) < at + 2:
        return 2, None
    match data[at + 1]:
        case QemuMessageType.EXTENDED_KEY_EVENT:
            return 12, MessageKind.KEY_EVENT
        case QemuMessageType.AUDIO:
            if len(data) < at + 4:
                return 4, None
            (operation,) = struct.unpack_from(">H", data, at + 2)
            if operation in {QemuAudioOperation.ENABLE, QemuAudioOperation.DISABLE}:
                return 4, MessageKind.QEMU_AUDIO
            if operation == QemuAudioOperation.SET_SAMPLE_FORMAT:
                return 10, MessageKind.QEMU_AUDIO
            raise RemoteProtocolError.malformed(f"QEMU audio operation {operation}")
    raise RemoteProtocolError.malformed(f"QEMU message type {data[at + 1]}")
