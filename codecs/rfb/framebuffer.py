"""Pixels of a desktop in memory, with every write checked against their bounds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from beamdesk.codecs.rfb.errors import RemoteProtocolError
from beamdesk.codecs.rfb.exact_reader import Buffer

__all__ = ["BYTES_PER_PIXEL", "LARGEST_SIDE", "MOST_PIXELS", "Framebuffer", "Rectangle"]

BYTES_PER_PIXEL: Final = 4

LARGEST_SIDE: Final = 16384
"""What X servers and browsers' canvases stop at."""

MOST_PIXELS: Final = 1 << 26
"""64 Mpixel are 256 MiB; two 8K UHD screens side by side fit."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Position and size in pixels, the origin at the top left."""

    x: int
    y: int
    width: int
    height: int


class Framebuffer:
    """A height × width × 4 array of uint8: blue, green, red, and a byte without meaning."""

    def __init__(self, width: int, height: int) -> None:
        _check_size(width, height)
        self._pixels = _black(width, height)

    @property
    def width(self) -> int:
        return int(self._pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self._pixels.shape[0])

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The live array: writes show in it until the next `resize`, which makes another one."""
        return self._pixels

    def resize(self, width: int, height: int) -> None:
        """Take another size, all black until the desktop draws it; RemoteProtocolError past the limits.

        Nothing is copied: a desktop that resizes with every dozen bytes would keep us busy with it.
        """
        _check_size(width, height)
        self._pixels = _black(width, height)

    def check(self, rectangle: Rectangle) -> None:
        """Raises RemoteProtocolError if *rectangle* leaves the framebuffer."""
        right, bottom = rectangle.x + rectangle.width, rectangle.y + rectangle.height
        if right > self.width or bottom > self.height:
            raise RemoteProtocolError.malformed(
                f"a rectangle up to {right},{bottom} on a desktop of {self.width}×{self.height}"
            )

    def write_rows(self, rectangle: Rectangle, first: int, data: Buffer) -> None:
        """Put whole rows of pixels into *rectangle*, from its row *first* on."""
        rows = np.frombuffer(data, np.uint8).reshape(-1, rectangle.width, BYTES_PER_PIXEL)
        top = rectangle.y + first
        self._pixels[top : top + len(rows), rectangle.x : rectangle.x + rectangle.width] = rows

    def copy(self, from_x: int, from_y: int, rectangle: Rectangle) -> None:
        """CopyRect (RFC 6143, section 7.7.2); source and destination may overlap."""
        self.check(Rectangle(from_x, from_y, rectangle.width, rectangle.height))
        source = self._pixels[from_y : from_y + rectangle.height, from_x : from_x + rectangle.width].copy()
        self._pixels[
            rectangle.y : rectangle.y + rectangle.height, rectangle.x : rectangle.x + rectangle.width
        ] = source


def _check_size(width: int, height: int) -> None:
    if max(width, height) > LARGEST_SIDE:
        raise RemoteProtocolError.too_large("a side of the desktop", max(width, height), LARGEST_SIDE)
    if width * height > MOST_PIXELS:
        raise RemoteProtocolError.too_large("the desktop's area", width * height, MOST_PIXELS)


def _black(width: int, height: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, BYTES_PER_PIXEL), np.uint8)
