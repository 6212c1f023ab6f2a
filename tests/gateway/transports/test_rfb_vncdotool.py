"""An RFB client that is not ours: vncdotool, through a bridge from TCP to the lane's WebSocket."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.stream_world import StreamWorld
from support.websocket_bridge import bridge
from support.xtigervnc import Xtigervnc

pytestmark = pytest.mark.desktop


async def vncdo(port: int, *commands: str) -> int:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("vncdo"), "-s", f"127.0.0.1::{port}", "--timeout", "30", *commands
    )
    return await process.wait()


async def test_it_sees_and_acts(world: StreamWorld, desktop: Xtigervnc, target: Target, tmp_path: Path):
    await asyncio.to_thread(
        subprocess.run, ["xsetroot", "-solid", "#c02040"], env=desktop.environment(), check=True
    )
    async with bridge(lambda: world.url(world.office.issue(target))) as port:
        shot = tmp_path / "shot.png"
        assert await vncdo(port, "move", "123", "45", "pause", "0.2", "capture", str(shot)) == 0
    assert (await asyncio.to_thread(desktop.pointer))[:2] == (123, 45)
    with Image.open(shot) as picture:
        assert picture.size == (320, 240)
        assert picture.convert("RGB").getpixel((10, 200)) == (0xC0, 0x20, 0x40)


async def test_as_a_guest_it_moves_nothing(world: StreamWorld, desktop: Xtigervnc, target: Target):
    before = await asyncio.to_thread(desktop.pointer)
    async with bridge(lambda: world.url(world.office.issue(target, role=Role.GUEST))) as port:
        await vncdo(port, "move", "200", "100", "key", "a", "pause", "0.2")
    assert await asyncio.to_thread(desktop.pointer) == before
