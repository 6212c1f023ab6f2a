"""Keys of rows."""

import secrets
import time
import uuid

__all__ = ["new_id"]


def new_id() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7) in text.

    Unguessable, and sorted by creation to the millisecond.
    """
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=bits))
