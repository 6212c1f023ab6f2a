"""The drive of a machine that speaks RDP: a folder beside guacd, to which a plan leads."""

import hashlib
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beamdesk.gateway.tickets import Target
from support.guacamole_files import Files, client_of, opened
from support.guacamole_world import GuacamoleWorld
from support.guacd import Guacd
from support.guacd_world import until
from support.xrdp import Xrdp

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.guacd,
    # What differs between loops is tested with lighter machines.
    pytest.mark.asyncio(loop_factories=["uvloop"]),
]

INSTANCE = "0198-instance"
ATTEMPTS = 5
"""Now and then guacd 1.3 begins with the desktop before it knows the owner, and shows the drive to nobody."""


@pytest.fixture
def target(rdp_machine: Xrdp, tmp_path: Path) -> Target:
    return target_of(rdp_machine, tmp_path)


def target_of(machine: Xrdp, drives: Path) -> Target:
    return Target(
        host="127.0.0.1",
        port=machine.port,
        protocol="rdp",
        username="ada",
        password="any",
        parameters={
            "security": "tls",
            "ignore-cert": "true",
            "enable-drive": "true",
            "drive-path": f"{drives}/${{INSTANCE_ID}}",
            "create-drive-path": "true",
        },
        tokens={"INSTANCE_ID": INSTANCE},
        width=640,
        height=480,
    )


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    return tmp_path / INSTANCE


@pytest.fixture
async def files(rdp_lane: GuacamoleWorld, target: Target) -> AsyncIterator[Files]:
    async with client_of(rdp_lane) as client:
        for number in range(ATTEMPTS):
            async with rdp_lane.viewer(target, instance=f"instance-{number}") as viewer:
                await viewer.until_picture()
                _, shown = await Files(client, viewer).call("GET", "filesystems")
                if shown["items"]:
                    yield await opened(client, viewer)
                    return
        pytest.fail("the drive does not show")


async def test_files_go_both_ways(files: Files, drive: Path):
    for name in ("with some spaces.dat", "Füße 日本語 𝄞🧪.bin"):
        for size in (5_000_000, 1, 0):  # a shorter file leaves nothing of the longer one
            content = os.urandom(size)
            status, answer = await files.call("PUT", "files", f"/{name}", io.BytesIO(content))
            assert (status, answer) == (201, {"path": f"/{name}", "bytes": size})
            assert digest((drive / name).read_bytes()) == digest(content)
            assert digest(await files.fetch(f"/{name}")) == digest(content), (name, size)


async def test_what_the_machine_puts_there_is_found(files: Files, drive: Path):
    (drive / "a folder").mkdir()
    (drive / "a folder" / "report.txt").write_text("from the machine")
    status, listing = await files.call("GET", "files", "/a folder")
    assert (status, listing["items"]) == (
        200,
        [{"name": "report.txt", "path": "/a folder/report.txt", "is_folder": False}],
    )
    assert await files.fetch("/a folder/report.txt") == b"from the machine"


async def test_the_machine_takes_the_drive(rdp_lane: GuacamoleWorld, guacd_with_rdp: Guacd, tmp_path: Path):
    before = guacd_with_rdp.log.stat().st_size
    with Xrdp(tmp_path, channels=True) as machine:
        async with rdp_lane.viewer(target_of(machine, tmp_path)) as viewer:
            await viewer.until_picture()
            # The machine's answer to guacd's announcement (MS-RDPEFS, section 2.2.2.1).
            answer = "Device 0 (Guacamole Filesystem) connected successfully"
            await until(lambda: answer in said_since(guacd_with_rdp, before))


def said_since(guacd: Guacd, offset: int) -> str:
    return guacd.log.read_bytes()[offset:].decode(errors="replace")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
