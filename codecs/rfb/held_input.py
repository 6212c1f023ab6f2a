"""Which keys and buttons a viewer holds down at the desktop."""

import struct
from typing import Final

from beamdesk.codecs.rfb import messages
from beamdesk.codecs.rfb.constants import ClientMessageType
from beamdesk.codecs.rfb.exact_reader import Buffer

__all__ = ["MOST_HELD_KEYS", "HeldInput"]

MOST_HELD_KEYS: Final = 128
"""More than a keyboard has; what is pressed beyond is not passed on, so that all can be released."""

_KEY_EVENT = struct.Struct(">xBxxI")
_QEMU_KEY_EVENT = struct.Struct(">xxHII")

_Key = tuple[int, int | None]
"""Keysym and, if it came by the QEMU message, keycode."""


class HeldInput:
    """Sees each input message that is passed on, and knows what releases all that it pressed.

    Servers differ in what they release when a viewer goes: TigerVNC its keys but no buttons, others nothing.
    """

    def __init__(self) -> None:
        # By keycode or, without one, by keysym: with Shift going up in between, a key goes down as "A"
        # and up as "a", but its keycode stays.
        self._keys: dict[tuple[str, int], _Key] = {}
        self._pointer: bytes | None = None

    def pass_key(self, message: Buffer) -> bool:
        """Note a whole KeyEvent or QEMU Extended Key Event; False if it must not be passed on."""
        keycode: int | None = None
        if message[0] == ClientMessageType.KEY_EVENT:
            down, keysym = _KEY_EVENT.unpack(message)
        else:
            down, keysym, keycode = _QEMU_KEY_EVENT.unpack(message)
        lookup = ("keysym", keysym) if keycode is None else ("keycode", keycode)
        if not down:
            self._keys.pop(lookup, None)
        elif lookup not in self._keys:
            if len(self._keys) >= MOST_HELD_KEYS:
                return False
            self._keys[lookup] = keysym, keycode
        return True

    def pass_pointer(self, message: Buffer) -> None:
        """Note a whole PointerEvent of six bytes."""
        self._pointer = bytes(message) if message[1] else None

    def release_keys(self) -> bytes:
        """Messages that release the held keys, the last pressed first; they are held no longer."""
        released = b"".join(
            messages.key_event(keysym, down=False)
            if keycode is None
            else messages.qemu_extended_key_event(keysym, keycode, down=False)
            for keysym, keycode in reversed(self._keys.values())
        )
        self._keys.clear()
        return released

    def release_buttons(self) -> bytes:
        """A message that releases the held buttons where the pointer is; they are held no longer."""
        if self._pointer is None:
            return b""
        _, _, x, y = struct.unpack(">BBHH", self._pointer)
        self._pointer = None
        return messages.pointer_event(x, y, 0)
