"""As much of the X11 protocol as it takes to see that a window manager is there.

Sans-IO: `Watch.start()` and `Watch.feed()` return the bytes to send. Sections are those of the
X Window System Protocol, version 11; the property is of the Extended Window Manager Hints.
"""

import struct

__all__ = ["Watch"]

_MANAGER_PROPERTY = b"_NET_SUPPORTING_WM_CHECK"

_CHANGE_WINDOW_ATTRIBUTES = 2
_INTERN_ATOM = 16
_GET_PROPERTY = 20
_CLEAR_AREA = 61
_PROPERTY_NOTIFY = 28
_REPLY = 1

_BACKGROUND_PIXEL = 0x0002
_EVENT_MASK = 0x0800
_PROPERTY_CHANGE = 0x0040_0000

_SETUP_HEADER = 8
_SETUP_FIXED = 32
_FORMAT = 8
_UNIT = 32
"""Replies, events and errors are 32 bytes long, replies with what their length field adds."""


class Watch:
    """Paints the root window in one colour and waits for a window manager to announce itself."""

    def __init__(self, cookie: bytes, background: int) -> None:
        self.managed = False
        self._cookie = cookie
        self._background = background
        self._received = b""
        self._root: int | None = None
        self._atom: int | None = None

    def start(self) -> bytes:
        """Section 8, Connection Setup: little-endian, version 11.0, with our cookie."""
        name = b"MIT-MAGIC-COOKIE-1"
        head = struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(name), len(self._cookie))
        return head + _padded(name) + _padded(self._cookie)

    def feed(self, received: bytes) -> bytes:
        """Take what the server sent. Raises ValueError where it refuses the connection."""
        self._received += received
        answer = b""
        while (message := self._take()) is not None:
            answer += self._on_setup(message) if self._root is None else self._on_message(message)
        return answer

    def _take(self) -> bytes | None:
        """One whole message, if it is there."""
        if self._root is None:
            if len(self._received) < _SETUP_HEADER:
                return None
            size = _SETUP_HEADER + 4 * struct.unpack_from("<H", self._received, 6)[0]
        else:
            if len(self._received) < _UNIT:
                return None
            size = _UNIT
            if self._received[0] == _REPLY:
                size += 4 * struct.unpack_from("<I", self._received, 4)[0]
        if len(self._received) < size:
            return None
        message, self._received = self._received[:size], self._received[size:]
        return message

    def _on_setup(self, message: bytes) -> bytes:
        if message[0] != 1:
            reason = message[_SETUP_HEADER : _SETUP_HEADER + message[1]].decode(errors="replace")
            raise ValueError(f"the X server refuses the connection: {reason}")
        vendor, formats = struct.unpack_from("<H", message, 24)[0], message[29]
        first_screen = _SETUP_HEADER + _SETUP_FIXED + vendor + -vendor % 4 + formats * _FORMAT
        self._root = struct.unpack_from("<I", message, first_screen)[0]
        name = _padded(_MANAGER_PROPERTY)
        return (
            struct.pack(
                "<BxHIIII",
                _CHANGE_WINDOW_ATTRIBUTES,
                5,
                self._root,
                _BACKGROUND_PIXEL | _EVENT_MASK,
                self._background,
                _PROPERTY_CHANGE,
            )
            + struct.pack("<BBHIhhHH", _CLEAR_AREA, 0, 4, self._root, 0, 0, 0, 0)
            + struct.pack("<BBHHxx", _INTERN_ATOM, 0, 2 + len(name) // 4, len(_MANAGER_PROPERTY))
            + name
        )

    def _on_message(self, message: bytes) -> bytes:
        # The highest bit of an event's code tells that a client sent it (section 1).
        code = message[0] & 0x7F
        value: int = struct.unpack_from("<I", message, 8)[0]
        if code == _REPLY and self._atom is None:
            self._atom = value
            return self._ask()
        if code == _REPLY:
            # GetProperty answers with the type None, 0, where the property does not exist.
            self.managed = self.managed or value != 0
        elif code == _PROPERTY_NOTIFY and value == self._atom:
            return self._ask()
        return b""

    def _ask(self) -> bytes:
        any_type, offset, words = 0, 0, 1
        return struct.pack("<BBHIIIII", _GET_PROPERTY, 0, 6, self._root, self._atom, any_type, offset, words)


def _padded(text: bytes) -> bytes:
    return text + bytes(-len(text) % 4)
