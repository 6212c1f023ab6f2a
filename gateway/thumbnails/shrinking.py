"""Pixels to a small WebP. Takes tens of milliseconds of CPU: not for the event loop's thread."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["shrink"]

_QUALITIES: Final = (80, 60, 40)


def shrink(pixels: NDArray[np.uint8], *, width: int, largest_bytes: int) -> bytes | None:
    """A WebP of at most *width* pixels across, in proportion; None if it cannot be made small enough.

    *pixels* is height × width × 4: blue, green, red, none. Smaller desktops are not enlarged.
    """
    size = pixels.shape[1], pixels.shape[0]
    picture = Image.frombuffer("RGB", size, np.ascontiguousarray(pixels), "raw", "BGRX", 0, 1)
    # A desktop that is extremely tall is bounded as well: it would be scrolled past anyway.
    picture.thumbnail((width, 2 * width), Image.Resampling.LANCZOS, reducing_gap=2.0)
    for quality in _QUALITIES:
        encoded = io.BytesIO()
        picture.save(encoded, "WEBP", quality=quality)
        if encoded.tell() <= largest_bytes:
            return encoded.getvalue()
    return None
