"""Pixels to small pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from beamdesk.gateway.thumbnails.shrinking import shrink

LARGE = 10**6


def opened(picture: bytes | None) -> Image.Image:
    assert picture is not None
    return Image.open(io.BytesIO(picture))


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (1920, 1080, (480, 270)),
        (480, 10, (480, 10)),
        (64, 64, (64, 64)),
        (1000, 10_000, (96, 960)),
        (1, 1, (1, 1)),
        (8192, 1, (480, 1)),
    ],
)
def test_keeps_proportions_within_bounds(width, height, size):
    pixels = np.zeros((height, width, 4), np.uint8)
    assert opened(shrink(pixels, width=480, largest_bytes=LARGE)).size == size


def test_takes_blue_green_red_and_no_fourth():
    pixels = np.zeros((50, 50, 4), np.uint8)
    pixels[..., 2] = 255
    pixels[..., 3] = 77
    red, green, blue = (
        opened(shrink(pixels, width=480, largest_bytes=LARGE)).convert("RGB").getpixel((25, 25))
    )
    assert red > 240
    assert max(green, blue) < 15


def test_gets_worse_rather_than_too_large_and_gives_up_in_the_end():
    noise = np.random.default_rng(1).integers(0, 256, (480, 480, 4), np.uint8)
    best = shrink(noise, width=480, largest_bytes=LARGE)
    assert best is not None
    worse = shrink(noise, width=480, largest_bytes=len(best) - 1)
    assert worse is not None
    assert len(worse) < len(best)
    assert shrink(noise, width=480, largest_bytes=100) is None


def test_takes_pixels_that_do_not_lie_side_by_side():
    pixels = np.zeros((100, 100, 4), np.uint8)[::2, ::2]
    assert opened(shrink(pixels, width=480, largest_bytes=LARGE)).size == (50, 50)
