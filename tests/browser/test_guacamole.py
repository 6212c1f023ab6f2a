"""Desktops and terminals by way of guacd: the same page, another player."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Browser, Page, expect

from support.desktop_person import DesktopPerson, eventually
from support.gateway_process import GatewayProcess
from support.guacd_world import password_file
from support.ports import free_port
from support.sshd import Sshd
from support.xtigervnc import Pointer, Xtigervnc

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
SCREENSHOTS = ROOT / "build/screenshots"

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}

ASTRAL = "Füße 日本語 𝄞🧪"

OVERFLOWING = """[...document.querySelectorAll('[role=dialog], [role=dialog] *, html')]
    .filter(({scrollWidth, clientWidth}) => clientWidth && scrollWidth > clientWidth + 1)
    .filter(element => getComputedStyle(element).textOverflow !== 'ellipsis')
    .map(element => element.outerHTML.slice(0, 120))"""

AWKWARD = "Füße 100% #1 日本語.bin"

MACHINE = """\
[brokers.lab]
kind = "fixed"
folder = "{folder}"

[[brokers.lab.machines]]
name = "only"
address = "127.0.0.1"
endpoints = [{endpoint}]

[[plans]]
id = "machine"
name = "Machine"
broker = "lab"
preset = true
protocol = "{protocol}"
{more}
"""


async def test_a_desktop_by_guacamole_and_back_by_vnc(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Two ways in")
    streams = _streams_of(page)

    await _switch_to(person, "Guacamole")
    assert streams[-1] == "guacamole"
    await person.open_terminal()
    await person.type_command("echo $((40+2)) beams > said")
    assert await person.read_back("said") == "42 beams"

    await page.reload()
    await person.see_picture()
    assert streams[-1] == "guacamole", "the choice is remembered"
    await person.screen.click(position={"x": 500, "y": 400}, force=True)
    await person.type_command("echo reloaded > reloaded")
    assert await person.read_back("reloaded") == "reloaded"

    await _switch_to(person, "VNC")
    assert streams[-1] == "rfb"
    await person.screen.click(position={"x": 500, "y": 400})
    await person.type_command("echo back > back")
    assert await person.read_back("back") == "back"


async def test_what_is_held_is_released_when_the_focus_goes(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Shift")
    await _switch_to(person, "Guacamole")
    await person.open_terminal()

    await page.keyboard.down("Shift")
    await page.keyboard.press("Control+Alt+Shift")
    await expect(person.toolbar_button("Leave")).to_be_focused()
    # Whatever holds Shift on the machine makes capitals of this.
    person.on_machine("xdotool", "type", "echo small > said\n")
    assert await person.read_back("said") == "small"


async def test_a_guacd_that_is_killed_comes_back_and_the_page_with_it(
    page: Page, beamdesk: GatewayProcess
) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Unbroken")
    await _switch_to(person, "Guacamole")
    await person.open_terminal()
    for guacd in _guacd_of(beamdesk):
        guacd.kill()
    await expect(page.get_by_text(re.compile("guacd.+ failed"))).to_be_visible(timeout=15_000)

    await _see_connected(page)
    await person.see_picture()
    await person.screen.click(position={"x": 500, "y": 350}, force=True)
    await person.type_command("echo again > said")
    assert await person.read_back("said") == "again"


async def test_a_desktop_that_dies_says_so(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Doomed")
    await _switch_to(person, "Guacamole")
    (pid,) = beamdesk.desktop_pids()
    os.kill(pid, signal.SIGKILL)
    await expect(page.get_by_text(re.compile("ended", re.IGNORECASE)).first).to_be_visible(timeout=15_000)


async def test_who_watches_by_guacamole_changes_nothing(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Hands off")
    await _switch_to(person, "Guacamole")
    await person.open_terminal()
    await _watch_only(person)
    await expect(page.get_by_text("Watching only")).to_be_visible()
    await person.see_picture()
    await person.screen.click(position={"x": 500, "y": 350}, force=True)
    await person.type_command("touch watched")

    await _watch_only(person)
    await expect(page.get_by_text("Watching only")).to_be_hidden()
    await person.see_picture()
    await person.screen.click(position={"x": 500, "y": 350}, force=True)
    await person.type_command("echo mine > worked")
    assert await person.read_back("worked") == "mine"
    assert not person.home_file("watched").exists()


async def test_a_terminal_by_ssh(chromium: Browser, sshd: Sshd, tmp_path: Path) -> None:
    with _ssh_machine(tmp_path, sshd) as server:
        page = await _signed_in(chromium, server)
        person = DesktopPerson(page, server)
        await _open_machine(page)
        await _see_connected(page)
        await person.screen.click(position={"x": 300, "y": 200}, force=True)

        await person.type_command("echo over > said")
        assert await _said(sshd) == "over"

        before = await _terminal_size(person, sshd)
        await page.set_viewport_size({"width": 900, "height": 500})
        await eventually(lambda: _is_smaller(person, sshd, before), "a smaller terminal")

        await _send_to_clipboard(person, ASTRAL)
        await person.page.keyboard.type("printf '%s' '")
        await person.screen.click(position={"x": 300, "y": 300}, button="middle", force=True)
        await person.type_command("' > said")
        await eventually(lambda: _holds(sshd, ASTRAL), "the pasted text on the machine")

        (sshd.home / "words").write_text(f"{ASTRAL}\n")
        await person.type_command("clear; cat words")
        await _select_first_line(person)
        await person.show_toolbar()
        await person.toolbar_button("Clipboard").click()
        text = page.get_by_role("dialog", name="Clipboard").get_by_role("textbox")
        await expect(text).to_have_value(re.compile(ASTRAL), timeout=10_000)
        await page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_files_go_both_ways(chromium: Browser, sshd: Sshd, tmp_path: Path, scheme: str) -> None:
    (sshd.home / "inner folder").mkdir()
    content = os.urandom(700_000)
    (sshd.home / "inner folder" / AWKWARD).write_bytes(content)
    with _ssh_machine(tmp_path, sshd) as server:
        page = await _signed_in(chromium, server, scheme)
        person = DesktopPerson(page, server)
        await _open_machine(page)
        await _see_connected(page)
        await person.show_toolbar()
        await person.toolbar_button("Files").click()
        drawer = page.get_by_role("dialog", name="Files on the machine")
        await drawer.get_by_role("button", name="inner folder").click()

        async with page.expect_download() as download:
            await drawer.get_by_role("button", name=f"Download {AWKWARD}").click()
        saved = await download.value
        assert (await saved.path()).read_bytes() == content
        assert saved.suggested_filename == AWKWARD

        sent = tmp_path / "to send" / "sent 𝄞.bin"
        sent.parent.mkdir()
        sent.write_bytes(content[::-1])
        async with page.expect_file_chooser() as chooser:
            await drawer.get_by_role("button", name="Upload").click()
        await (await chooser.value).set_files(sent)
        uploads = drawer.get_by_role("region", name="Uploads")
        await expect(uploads).to_contain_text("On the machine", timeout=30_000)
        assert (sshd.home / "inner folder" / sent.name).read_bytes() == content[::-1]
        await expect(drawer.get_by_role("button", name=f"Download {sent.name}")).to_be_visible()
        await _look(page, f"files-{scheme}")
        await page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_machine_that_asks_for_a_password(chromium: Browser, tmp_path: Path, scheme: str) -> None:
    port = free_port()
    options = "-SecurityTypes", "VncAuth", "-PasswordFile", str(password_file(tmp_path, "secret12"))
    endpoint = f'{{ protocol = "rfb", port = {port} }}'
    with (
        Xtigervnc(tmp_path, *options, port=port, geometry="640x480") as machine,
        # What may be copied from it decides that it is not offered by RFB, where nobody would be asked.
        _machine(tmp_path, "rfb", endpoint, 'clipboard = "none"') as server,
    ):
        page = await _signed_in(chromium, server, scheme)
        await _open_machine(page)
        dialog = page.get_by_role("dialog", name="Sign in to the machine")
        await expect(dialog.get_by_label("Password", exact=True)).to_be_focused(timeout=20_000)
        await _look(page, f"machine-password-{scheme}")

        await page.keyboard.type("secret12")
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
        await _see_connected(page)
        await _look(page, f"guacamole-{scheme}")
        await page.mouse.move(400, 300)
        await page.mouse.move(420, 310, steps=3)
        before = machine.pointer()
        await page.mouse.move(500, 400, steps=3)
        await eventually(lambda: _moved_from(machine, before), "the pointer of the machine to follow")
        await page.context.close()


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with Sshd(tmp_path) as running:
        yield running


@contextmanager
def _machine(folder: Path, protocol: str, endpoint: str, more: str) -> Iterator[GatewayProcess]:
    """A running server that lends one machine."""
    server = GatewayProcess(folder / "beamdesk")
    server.folder.mkdir()
    (server.folder / "beamdesk.toml").write_text(
        MACHINE.format(folder=folder / "leases", protocol=protocol, endpoint=endpoint, more=more)
    )
    try:
        yield server.start()
    finally:
        server.stop()


def _ssh_machine(folder: Path, sshd: Sshd) -> AbstractContextManager[GatewayProcess]:
    endpoint = f'{{ protocol = "ssh", port = {sshd.port}, username = "{sshd.user}" }}'
    parameters = {"private-key": sshd.private_key, "sftp-root-directory": str(sshd.home)}
    pairs = ", ".join(f"{name} = {json.dumps(value)}" for name, value in parameters.items())
    return _machine(folder, "ssh", endpoint, f"parameters = {{ {pairs} }}")


async def _signed_in(chromium: Browser, server: GatewayProcess, scheme: str = "light") -> Page:
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of Playwright's words
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = await context.new_page()
    await page.goto(server.sign_in_link())
    await page.wait_for_url(f"{server.url}/")
    return page


def _guacd_of(server: GatewayProcess) -> list[psutil.Process]:
    """guacd with the processes of its connections."""
    assert server.process is not None
    children = psutil.Process(server.process.pid).children(recursive=True)
    return [child for child in children if child.name() == "guacd"]


async def _open_machine(page: Page) -> None:
    await page.get_by_role("link", name="New desktop").first.click()
    await page.get_by_role("button", name="Create desktop").click()


async def _see_connected(page: Page) -> None:
    picture = page.get_by_test_id("desktop-picture")
    await expect(picture).to_have_attribute("data-phase", "connected", timeout=40_000)


def _streams_of(page: Page) -> list[str]:
    """The streams that *page* opens from now on."""
    streams: list[str] = []

    def note(url: str) -> None:
        if found := re.search(r"/stream/(\w+)", url):
            streams.append(found[1])

    page.on("websocket", lambda websocket: note(websocket.url))
    return streams


async def _switch_to(person: DesktopPerson, name: str) -> None:
    await person.show_toolbar()
    await person.toolbar_button("More").click()
    await person.page.get_by_role("menuitemradio", name=f"Stream: {name}").click()
    await _see_connected(person.page)
    await person.see_picture()


async def _watch_only(person: DesktopPerson) -> None:
    await person.show_toolbar()
    await person.toolbar_button("More").click()
    await person.page.get_by_role("menuitemcheckbox", name="Watch only").click()


async def _send_to_clipboard(person: DesktopPerson, text: str) -> None:
    await person.show_toolbar()
    await person.toolbar_button("Clipboard").click()
    panel = person.page.get_by_role("dialog", name="Clipboard")
    await panel.get_by_role("textbox").fill(text)
    await panel.get_by_role("button", name="Send to desktop").click()
    await expect(panel).to_be_hidden()


async def _select_first_line(person: DesktopPerson) -> None:
    """Drag over the terminal's first line, which copies it."""
    mouse = person.page.mouse
    await person.page.wait_for_timeout(500)
    await mouse.move(3, 12)
    await mouse.down()
    await mouse.move(400, 12, steps=6)
    await mouse.up()


async def _said(sshd: Sshd) -> str:
    async def content() -> str:
        path = sshd.home / "said"
        return path.read_text() if path.exists() else ""

    return (await eventually(content, "the file on the machine")).strip()


async def _holds(sshd: Sshd, text: str) -> bool:
    return (sshd.home / "said").read_text() == text


async def _terminal_size(person: DesktopPerson, sshd: Sshd) -> tuple[int, int]:
    (sshd.home / "size").unlink(missing_ok=True)
    await person.type_command("stty size > size.new && mv size.new size")
    path = sshd.home / "size"

    async def exists() -> bool:
        return path.exists()

    await eventually(exists, "the size of the terminal")
    rows, columns = path.read_text().split()
    return int(rows), int(columns)


async def _is_smaller(person: DesktopPerson, sshd: Sshd, before: tuple[int, int]) -> bool:
    rows, columns = await _terminal_size(person, sshd)
    return rows < before[0] and columns < before[1]


async def _moved_from(machine: Xtigervnc, before: Pointer) -> bool:
    return machine.pointer() != before


async def _look(page: Page, name: str) -> None:
    """Leave pictures, wide and narrow, and find no grave accessibility fault."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for shape, size in (("phone", PHONE), ("wide", WIDE)):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await page.wait_for_timeout(400)
        await page.screenshot(path=SCREENSHOTS / f"{name}-{shape}.png")
        await page.evaluate(AXE.read_text())
        overflowing = await page.evaluate(OVERFLOWING)
        assert not overflowing, f"{name} is too wide on a {shape}: {overflowing}"
        found = await page.evaluate("axe.run().then(result => result.violations)")
        assert not [f"{fault['id']}: {fault['help']}" for fault in found if fault["impact"] in GRAVE]
