"""Viewers on the RFB lane, in front of a real desktop: who sees, who acts, what is let go."""

import asyncio
import struct
import subprocess

import pytest

from beamdesk.codecs.rfb import messages
from beamdesk.codecs.rfb.constants import Encoding
from beamdesk.codecs.rfb.pixel_format import BGRX
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.stream_world import StreamWorld, Viewer
from support.xtigervnc import Xtigervnc

pytestmark = pytest.mark.desktop

SHIFT = 0xFFE1
CONTROL = 0xFFE3
WHOLE = messages.framebuffer_update_request(0, 0, 320, 240, incremental=False)
RAW = messages.set_pixel_format(BGRX) + messages.set_encodings([Encoding.RAW, Encoding.EXTENDED_CLIPBOARD])

INPUT = {
    "pointer": messages.pointer_event(200, 100, 0b101),
    "key": messages.key_event(SHIFT, down=True),
    "qemu key": messages.qemu_extended_key_event(CONTROL, 0x1D, down=True),
    "clipboard": messages.client_cut_text("stolen"),
    "extended clipboard": struct.pack(">B3xiI", 6, -4, 1 << 27),
    "size": messages.set_desktop_size(640, 480),
    "xvp": bytes((250, 0, 1, 2)),
    "gii": bytes((253, 0x80, 0, 4)) + bytes(4),
    "qemu audio": struct.pack(">BBH", 255, 1, 0),
}


async def until(holds, seconds: float = 10):
    """Poll a real desktop, which tells nobody when it has acted."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def at_rest(desktop: Xtigervnc):
    """Every test begins and ends with nothing pressed and the pointer in its corner."""
    yield
    subprocess.run(["xdotool", "mousemove", "5", "5"], env=desktop.environment(), check=True)
    assert not desktop.pressed_keycodes()
    assert desktop.pointer() == (5, 5, 0)


async def settle(viewer: Viewer) -> None:
    """Wait until the desktop has answered, and so has dealt with what came before."""
    await viewer.send(WHOLE)
    seen = await viewer.read_raw_update()
    assert sum(width * height for _, _, width, height in seen) == 320 * 240


async def test_a_viewer_sees_the_desktop(world: StreamWorld, target: Target):
    async with world.viewer(target, role=Role.GUEST) as viewer:
        assert await viewer.shake_hands() == (320, 240)
        await viewer.send(RAW)
        await settle(viewer)


async def test_an_owner_acts(world: StreamWorld, desktop: Xtigervnc, target: Target):
    async with world.entered(target) as viewer:
        await viewer.send(INPUT["pointer"] + INPUT["key"])
        await until(lambda: desktop.pointer() == (200, 100, 0b101))
        await until(desktop.pressed_keycodes)


@pytest.mark.parametrize("role", [Role.GUEST, Role.SUPPORT, Role.ADMIN, Role.RECORDER])
async def test_who_only_looks_changes_nothing(
    world: StreamWorld, desktop: Xtigervnc, target: Target, role: Role
):
    before = await asyncio.to_thread(desktop.pointer)
    async with world.viewer(target, role=role) as viewer:
        size = await viewer.shake_hands()
        await viewer.send(RAW)
        for message in INPUT.values():
            await viewer.send(message)
        for message in INPUT.values():
            await viewer.send(WHOLE + message + message)
            await viewer.read_raw_update()
        for byte in b"".join(INPUT.values()):
            await viewer.send(bytes((byte,)))
        await settle(viewer)
        assert await asyncio.to_thread(desktop.pointer) == before
        assert not await asyncio.to_thread(desktop.pressed_keycodes)
        assert await asyncio.to_thread(selection_owner, desktop) == selection_owner.nobody
    async with world.viewer(target) as viewer:
        assert await viewer.shake_hands() == size


def selection_owner(desktop: Xtigervnc) -> str:
    """What the desktop's clipboard holds."""
    return subprocess.run(
        ["xclip", "-o", "-selection", "clipboard"],
        env=desktop.environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=10,
    ).stdout


selection_owner.nobody = ""


async def test_a_user_acts_but_does_not_resize(world: StreamWorld, desktop: Xtigervnc, target: Target):
    async with world.entered(target, role=Role.USER) as viewer:
        await viewer.send(RAW + INPUT["size"] + INPUT["pointer"])
        await until(lambda: desktop.pointer() == (200, 100, 0b101))
        await settle(viewer)
    async with world.viewer(target) as viewer:
        assert await viewer.shake_hands() == (320, 240)


@pytest.mark.parametrize("leaving", ["closes", "breaks off", "is ended", "breaks the protocol"])
async def test_what_a_leaving_viewer_holds_is_released(
    world: StreamWorld, desktop: Xtigervnc, target: Target, leaving: str
):
    async with world.entered(target) as other, world.entered(target) as viewer:
        await viewer.send(RAW + INPUT["key"] + INPUT["qemu key"] + INPUT["pointer"])
        await settle(viewer)
        await until(lambda: desktop.pointer().buttons == 0b101 and len(desktop.pressed_keycodes()) == 2)
        match leaving:
            case "closes":
                await viewer.websocket.close()
            case "breaks off":
                viewer.websocket._response.connection.transport.abort()
            case "is ended":
                world.sessions.end_instance("instance-1", EndReason.DESKTOP_STOPPED)
            case _:
                await viewer.send(b"\x77")
        await until(lambda: desktop.pointer() == (200, 100, 0) and not desktop.pressed_keycodes())
        del other


async def test_two_viewers_of_one_desktop_are_present(world: StreamWorld, target: Target):
    told = []
    world.sessions.on_presence(told.append)
    async with world.entered(target) as first, world.entered(target, role=Role.GUEST):
        assert [viewer.role for viewer in world.sessions.viewers("instance-1")] == ["owner", "guest"]
        assert world.sessions.viewer_count == 2
        await first.websocket.close()
        async with asyncio.timeout(10):
            while len(told) < 3:
                await asyncio.sleep(0.01)
        assert [viewer.role for viewer in world.sessions.viewers("instance-1")] == ["guest"]
    async with asyncio.timeout(10):
        while len(told) < 4:
            await asyncio.sleep(0.01)
    assert set(told) == {"instance-1"}
    assert world.sessions.viewers("instance-1") == ()
