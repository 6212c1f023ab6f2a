"""The secrets of one desktop: its two VNC passwords and the cookie of its X server."""

import secrets
import string
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

__all__ = ["Passwords", "authority"]

# The password file of VNC servers is DES under a key that everybody knows (RealVNC's vncauth.c, each
# byte bit-reversed): it hides the password from a glance, its file mode protects it.
_KEY = bytes([0xE8, 0x4A, 0xD6, 0x60, 0xC4, 0x72, 0x1A, 0xE0])
_LENGTH = 8
"""VncAuth looks at eight characters (RFC 6143, section 7.2.2)."""
_ALPHABET = string.ascii_letters + string.digits
_FAMILY_WILD = 0xFFFF
"""In an Xauthority file: for any host and, with an empty number, any display (Xau(3))."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """With the second one the desktop itself refuses input and clipboard."""

    full: str = field(repr=False)
    view_only: str = field(repr=False)

    @classmethod
    def random(cls) -> "Passwords":
        full, view_only = ("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(2))
        return cls(full, view_only)

    @classmethod
    def from_file(cls, content: bytes) -> "Passwords":
        """From the 16 bytes of a password file."""
        decryptor = _des().decryptor()
        plain = decryptor.update(content) + decryptor.finalize()
        full, view_only = (part.rstrip(b"\0").decode("ascii") for part in (plain[:_LENGTH], plain[_LENGTH:]))
        return cls(full, view_only)

    def to_file(self) -> bytes:
        """The content of a password file for `-PasswordFile`."""
        encryptor = _des().encryptor()
        plain = b"".join(part.encode("ascii").ljust(_LENGTH, b"\0") for part in (self.full, self.view_only))
        return encryptor.update(plain) + encryptor.finalize()


def authority() -> bytes:
    """An Xauthority file with one fresh cookie; its last 16 bytes are the cookie."""

    def counted(text: bytes) -> bytes:
        return struct.pack(">H", len(text)) + text

    family = struct.pack(">H", _FAMILY_WILD)
    cookie = secrets.token_bytes(16)
    return family + counted(b"") + counted(b"") + counted(b"MIT-MAGIC-COOKIE-1") + counted(cookie)


def _des() -> Cipher[ECB]:
    # Three times the same key is single DES.
    return Cipher(TripleDES(_KEY * 3), ECB())  # noqa: S305 - the format demands it, see above
