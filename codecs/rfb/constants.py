"""Numbers of the protocol under the names that the specifications give them.

Sources: RFC 6143, sections 7.1.2 and 7.5 to 7.8; rfbproto, the community's document, for the rest.
"""

from enum import IntEnum, IntFlag

__all__ = [
    "ClientMessageType",
    "ClipboardAction",
    "Encoding",
    "FenceFlag",
    "QemuAudioOperation",
    "QemuMessageType",
    "SecurityType",
    "ServerMessageType",
]


class SecurityType(IntEnum):
    """Security types (below 256) and VeNCrypt subtypes (from 256), which share one number space."""

    INVALID = 0
    NONE = 1
    VNC_AUTHENTICATION = 2
    VENCRYPT = 19
    PLAIN = 256
    TLS_NONE = 257
    TLS_VNC = 258
    TLS_PLAIN = 259
    X509_NONE = 260
    X509_VNC = 261
    X509_PLAIN = 262


class ClientMessageType(IntEnum):
    """Client to server messages whose length is known here."""

    SET_PIXEL_FORMAT = 0
    SET_ENCODINGS = 2
    FRAMEBUFFER_UPDATE_REQUEST = 3
    KEY_EVENT = 4
    POINTER_EVENT = 5
    CLIENT_CUT_TEXT = 6
    ENABLE_CONTINUOUS_UPDATES = 150
    CLIENT_FENCE = 248
    XVP = 250
    SET_DESKTOP_SIZE = 251
    GII = 253
    QEMU = 255


class QemuMessageType(IntEnum):
    """Sub-message types of the QEMU client message."""

    EXTENDED_KEY_EVENT = 0
    AUDIO = 1


class QemuAudioOperation(IntEnum):
    ENABLE = 0
    DISABLE = 1
    SET_SAMPLE_FORMAT = 2


class ServerMessageType(IntEnum):
    FRAMEBUFFER_UPDATE = 0
    SET_COLOUR_MAP_ENTRIES = 1
    BELL = 2
    SERVER_CUT_TEXT = 3
    END_OF_CONTINUOUS_UPDATES = 150
    SERVER_FENCE = 248


class Encoding(IntEnum):
    """Encodings and pseudo-encodings as the signed 32-bit numbers of SetEncodings."""

    RAW = 0
    COPY_RECT = 1
    RRE = 2
    HEXTILE = 5
    ZLIB = 6
    TIGHT = 7
    ZRLE = 16
    JPEG = 21
    H264 = 50
    DESKTOP_SIZE = -223
    LAST_RECT = -224
    CURSOR = -239
    X_CURSOR = -240
    QEMU_EXTENDED_KEY_EVENT = -258
    QEMU_AUDIO = -259
    TIGHT_PNG = -260
    QEMU_LED_STATE = -261
    GII = -305
    DESKTOP_NAME = -307
    EXTENDED_DESKTOP_SIZE = -308
    XVP = -309
    FENCE = -312
    CONTINUOUS_UPDATES = -313
    CURSOR_WITH_ALPHA = -314
    EXTENDED_MOUSE_BUTTONS = -316
    EXTENDED_CLIPBOARD = 0xC0A1E5CE - (1 << 32)
    VMWARE_CURSOR = 0x574D5664


class FenceFlag(IntFlag):
    BLOCK_BEFORE = 1 << 0
    BLOCK_AFTER = 1 << 1
    SYNC_NEXT = 1 << 2
    REQUEST = 1 << 31


class ClipboardAction(IntFlag):
    """Actions of the extended clipboard, in the high byte of its flags."""

    CAPS = 1 << 24
    REQUEST = 1 << 25
    PEEK = 1 << 26
    NOTIFY = 1 << 27
    PROVIDE = 1 << 28
