"""Viewers on the RFB lane, in front of a real desktop."""

import asyncio
import struct

import pytest

from beamdesk.codecs.rfb import messages
from beamdesk.codecs.rfb.pixel_format import BGRX
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.stream_world import StreamWorld
from support.xtigervnc import Pointer, Xtigervnc

pytestmark = pytest.mark.desktop

SHIFT = 0xFFE1
EXTENDED_CLIPBOARD = 0xC0A1E5CE - (1 << 32)


async def test_a_viewer_sees_the_desktop(world: StreamWorld, target: Target):
    async with world.viewer(target) as viewer:
        assert await viewer.shake_hands() == (320, 240)
        await viewer.send(messages.set_pixel_format(BGRX) + messages.set_encodings([0]))
        await viewer.send(messages.framebuffer_update_request(0, 0, 320, 240, incremental=False))
        seen = await viewer.read_raw_update()
        assert sum(width * height for _, _, width, height in seen) == 320 * 240


async def test_an_owner_moves_the_pointer_and_presses_keys(
    world: StreamWorld, desktop: Xtigervnc, target: Target
):
    async with world.entered(target) as viewer:
        await viewer.send(messages.pointer_event(11, 22, 0b001) + messages.key_event(SHIFT, down=True))
        await until(lambda: desktop.pointer() == Pointer(11, 22, 0b001) and desktop.pressed_keycodes())


async def until(holds, seconds: float = 10):
    """Poll a real desktop, which tells nobody when it has acted."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.01)
