"""Pixels and their bounds."""

import numpy as np
import pytest

from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.framebuffer import LARGEST_SIDE, MOST_PIXELS, Framebuffer, Rectangle


def numbered(width: int, height: int) -> Framebuffer:
    """A framebuffer whose pixels all differ."""
    framebuffer = Framebuffer(width, height)
    count = width * height
    framebuffer.write_rows(Rectangle(0, 0, width, height), 0, np.arange(count, dtype="<u4").tobytes())
    return framebuffer


def values(framebuffer: Framebuffer) -> np.ndarray:
    return np.ascontiguousarray(framebuffer.pixels).view("<u4")[..., 0]


def test_begins_black():
    framebuffer = Framebuffer(3, 2)
    assert framebuffer.pixels.shape == (2, 3, 4)
    assert framebuffer.pixels.dtype == np.uint8
    assert not framebuffer.pixels.any()


def test_rows_land_where_they_belong():
    framebuffer = Framebuffer(4, 4)
    framebuffer.write_rows(Rectangle(1, 1, 2, 3), 1, bytes(range(1, 17)))
    expected = np.zeros((4, 4, 4), np.uint8)
    expected[2:4, 1:3] = np.arange(1, 17).reshape(2, 2, 4)
    assert (framebuffer.pixels == expected).all()


@pytest.mark.parametrize("source", [(0, 0), (1, 0), (0, 1), (1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("target", [(0, 0), (1, 1), (2, 0), (3, 2)])
def test_copies_also_where_source_and_target_overlap(source, target):
    framebuffer = numbered(8, 6)
    before = values(framebuffer).copy()
    framebuffer.copy(*source, Rectangle(*target, 5, 4))
    expected = before.copy()
    expected[target[1] : target[1] + 4, target[0] : target[0] + 5] = before[
        source[1] : source[1] + 4, source[0] : source[0] + 5
    ]
    assert (values(framebuffer) == expected).all()


@pytest.mark.parametrize("source", [(4, 0), (0, 3), (65535, 65535)])
def test_does_not_copy_from_outside(source):
    with pytest.raises(RemoteProtocolError) as caught:
        numbered(8, 6).copy(*source, Rectangle(0, 0, 5, 4))
    assert caught.value.reason is RfbReason.MALFORMED


def test_a_rectangle_may_touch_the_edges_but_not_leave():
    framebuffer = Framebuffer(8, 6)
    framebuffer.check(Rectangle(3, 2, 5, 4))
    for outside in (Rectangle(4, 2, 5, 4), Rectangle(3, 3, 5, 4), Rectangle(65535, 65535, 65535, 65535)):
        with pytest.raises(RemoteProtocolError):
            framebuffer.check(outside)


SIZES = {
    (LARGEST_SIDE, MOST_PIXELS // LARGEST_SIDE): True,
    (MOST_PIXELS // LARGEST_SIDE, LARGEST_SIDE): True,
    (LARGEST_SIDE, MOST_PIXELS // LARGEST_SIDE + 1): False,
    (LARGEST_SIDE + 1, 1): False,
    (1, LARGEST_SIDE + 1): False,
    (65535, 65535): False,
    (0, 0): True,
}


@pytest.mark.parametrize("size", SIZES)
def test_sizes_at_the_limits_and_past_them(size):
    existing = Framebuffer(1, 1)
    if SIZES[size]:
        assert (Framebuffer(*size).width, Framebuffer(*size).height) == size
        existing.resize(*size)
        assert (existing.width, existing.height) == size
        return
    with pytest.raises(RemoteProtocolError) as caught:
        Framebuffer(*size)
    assert caught.value.reason is RfbReason.TOO_LARGE
    with pytest.raises(RemoteProtocolError):
        existing.resize(*size)
    assert (existing.width, existing.height) == (1, 1)
