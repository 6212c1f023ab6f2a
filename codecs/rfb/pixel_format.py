"""PIXEL_FORMAT (RFC 6143, section 7.4)."""

import struct
from dataclasses import dataclass
from typing import Final

from beamdesk.codecs.rfb.errors import RemoteProtocolError

__all__ = ["BGRX", "PixelFormat"]

_LAYOUT = struct.Struct(">BBBBHHHBBB3x")


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How one pixel lies in memory; sizes and shifts in bits, `*_max` the largest value of a colour."""

    bits_per_pixel: int
    depth: int
    big_endian: bool
    true_colour: bool
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    SIZE = _LAYOUT.size

    @classmethod
    def decode(cls, data: bytes | bytearray | memoryview) -> "PixelFormat":
        """Read the 16 bytes of a PIXEL_FORMAT; refuse what no server or viewer can draw with."""
        bits, depth, big_endian, true_colour, *colours = _LAYOUT.unpack(data)
        decoded = cls(bits, depth, bool(big_endian), bool(true_colour), *colours)
        decoded._check()
        return decoded

    def encode(self) -> bytes:
        """The 16 bytes of a PIXEL_FORMAT."""
        return _LAYOUT.pack(
            self.bits_per_pixel,
            self.depth,
            self.big_endian,
            self.true_colour,
            self.red_max,
            self.green_max,
            self.blue_max,
            self.red_shift,
            self.green_shift,
            self.blue_shift,
        )

    @property
    def bytes_per_pixel(self) -> int:
        return self.bits_per_pixel // 8

    def _check(self) -> None:
        if self.bits_per_pixel not in {8, 16, 32}:
            raise RemoteProtocolError.malformed(f"pixel format of {self.bits_per_pixel} bits per pixel")
        if not 1 <= self.depth <= self.bits_per_pixel:
            raise RemoteProtocolError.malformed(
                f"pixel format of depth {self.depth} in {self.bits_per_pixel} bits"
            )
        if not self.true_colour:
            return
        for largest, shift in (
            (self.red_max, self.red_shift),
            (self.green_max, self.green_shift),
            (self.blue_max, self.blue_shift),
        ):
            # Servers shift by these numbers without asking whether the result is still a pixel.
            if largest & (largest + 1) or largest.bit_length() + shift > self.bits_per_pixel:
                raise RemoteProtocolError.malformed(f"pixel format with a colour up to {largest} << {shift}")


BGRX: Final = PixelFormat(
    bits_per_pixel=32,
    depth=24,
    big_endian=False,
    true_colour=True,
    red_max=255,
    green_max=255,
    blue_max=255,
    red_shift=16,
    green_shift=8,
    blue_shift=0,
)
"""Bytes blue, green, red, unused: what X servers keep in memory, so that Raw costs them a copy only."""
