"""Files through the drawer: over SFTP beside a terminal, and by way of the drive of an RDP desktop."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from support.guacamole_person import GuacamolePerson, SignIn
from support.lent_machine import Lend, by_rdp, by_ssh
from support.looks import look
from support.sshd import Sshd
from support.xrdp import Xrdp

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]

AWKWARD = "Füße 100% #1 日本語.bin"
PLAIN = "Füße 日本語 data 1.bin"
ASTRAL = "sent 𝄞.bin"
LARGE = 5_000_000


async def test_files_go_both_ways_over_sftp(sshd: Sshd, lend: Lend, sign_in: SignIn, tmp_path: Path) -> None:
    folder = sshd.home / "inner folder"
    folder.mkdir()
    (folder / AWKWARD).write_bytes(content := os.urandom(700_000))
    person = await sign_in(lend(by_ssh(sshd)))
    await person.open_machine()
    drawer = await person.open_files()
    await drawer.get_by_role("button", name=folder.name).click()
    assert await _downloaded(person, drawer, AWKWARD) == content
    await _upload(person, drawer, tmp_path / ASTRAL, content[::-1])
    assert (folder / ASTRAL).read_bytes() == content[::-1]
    await look(person.page, "files")


async def test_small_and_large_files_over_sftp(
    sshd: Sshd, lend: Lend, sign_in: SignIn, tmp_path: Path
) -> None:
    person = await sign_in(lend(by_ssh(sshd)))
    await person.open_machine()
    drawer = await person.open_files()
    await _there_and_back(person, drawer, tmp_path, sshd.home)


async def test_small_and_large_files_by_an_rdp_drive(
    xrdp: Xrdp, lend: Lend, sign_in: SignIn, tmp_path: Path
) -> None:
    drive = tmp_path / "drive"
    person = await sign_in(lend(by_rdp(xrdp, drive)))
    await person.open_machine()
    drawer = await person.open_files()
    await expect(drawer.get_by_role("region", name="Shared Drive")).to_be_visible(timeout=20_000)
    await _there_and_back(person, drawer, tmp_path, drive)


async def _there_and_back(person: GuacamolePerson, drawer: Locator, here: Path, there: Path) -> None:
    """One byte and five megabytes to the folder *there*, and from it."""
    large = os.urandom(LARGE)
    await _upload(person, drawer, here / PLAIN, large)
    await _upload(person, drawer, here / "one byte", b"\0")
    assert (there / PLAIN).read_bytes() == large
    assert (there / "one byte").read_bytes() == b"\0"
    assert await _downloaded(person, drawer, PLAIN) == large
    assert await _downloaded(person, drawer, "one byte") == b"\0"


async def _downloaded(person: GuacamolePerson, drawer: Locator, name: str) -> bytes:
    async with person.page.expect_download() as download:
        await drawer.get_by_role("button", name=f"Download {name}").click()
    saved = await download.value
    assert saved.suggested_filename == name
    return (await saved.path()).read_bytes()


async def _upload(person: GuacamolePerson, drawer: Locator, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    async with person.page.expect_file_chooser() as chooser:
        await drawer.get_by_role("button", name="Upload").click()
    await (await chooser.value).set_files(path)
    upload = drawer.get_by_role("region", name="Uploads").get_by_role("listitem").filter(has_text=path.name)
    await expect(upload).to_contain_text("On the machine", timeout=60_000)
    await expect(drawer.get_by_role("button", name=re.compile(f"^Download {path.name}$"))).to_be_visible()
