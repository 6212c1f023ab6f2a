"""A plan lets texts pass in one direction only: the page says so beforehand, and nothing gets past it."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from support.desktop_person import DesktopPerson, eventually
from support.gateway_process import GatewayProcess
from support.guacamole_person import SignIn
from support.lent_machine import Lend, by_ssh
from support.sshd import Sshd

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]

Serve = Callable[[str], GatewayProcess]

_PLAN = """\
[[plans]]
id = "desktop"
name = "Guarded desktop"
preset = true
{policy}
"""

_INTO = "The plan lets nothing be copied into this desktop."
_OUT_OF = "The plan lets nothing be copied out of this desktop."
_NO_FILES_FROM = "The plan lets no files be taken from this machine."
_NO_FILES_THERE = "The plan lets no files be put on this machine."


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """`serve(policy)` starts a server whose only plan says *policy*, in TOML."""
    with ExitStack() as stack:

        def start(policy: str) -> GatewayProcess:
            server = GatewayProcess(tmp_path / "beamdesk")
            server.folder.mkdir()
            (server.folder / "beamdesk.toml").write_text(_PLAN.format(policy=policy))
            stack.callback(server.stop)
            return server.start()

        yield start


@pytest.fixture
async def visitor(chromium: Browser) -> AsyncIterator[Page]:
    """A page whose clipboard the browser shares without asking."""
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("stream", ["VNC", "Guacamole"])
async def test_out_of_a_desktop_and_not_into_it(serve: Serve, visitor: Page, stream: str) -> None:
    person = await _desktop_of(serve('clipboard = "from-desktop"'), visitor, "Nothing can be copied into it.")
    await _show_by(person, stream)
    person.on_machine("xclip", "-selection", "clipboard", "-in", text="from the desktop")
    panel = await _open_clipboard(person)
    text = panel.get_by_role("textbox")
    await expect(text).to_have_value("from the desktop", timeout=10_000)
    await expect(text).not_to_be_editable()
    await expect(panel).to_contain_text(_INTO)
    for name in ("Send to desktop", "Paste from this computer"):
        button = panel.get_by_role("button", name=name)
        await expect(button).to_be_disabled()
        await expect(button).to_have_accessible_description(_INTO)

    await visitor.evaluate("navigator.clipboard.writeText('from this computer')")
    await visitor.evaluate("dispatchEvent(new Event('focus'))")
    await visitor.keyboard.press("Escape")
    before = _pointer_of(person)
    await visitor.mouse.move(500, 400)
    await visitor.mouse.move(520, 420, steps=3)
    # The pointer goes the same way as texts do, and after them.
    await eventually(lambda: _pointer_left(person, before), "the pointer of the machine to follow")
    assert _clipboard_of(person) == "from the desktop"


async def test_into_a_desktop_and_not_out_of_it(serve: Serve, visitor: Page) -> None:
    received: list[str] = []
    visitor.on(
        "websocket", lambda opened: opened.on("framereceived", lambda frame: received.append(str(frame)))
    )
    person = await _desktop_of(
        serve('clipboard = "to-desktop"\nfiles = "from-desktop"'),
        visitor,
        "Nothing can be copied out of it; no files can be put there.",
    )
    person.on_machine("xclip", "-selection", "clipboard", "-in", text="a secret of the desktop")
    panel = await _open_clipboard(person)
    await expect(panel).to_contain_text(_OUT_OF)
    copy = panel.get_by_role("button", name="Copy to this computer")
    await expect(copy).to_be_disabled()
    await expect(copy).to_have_accessible_description(_OUT_OF)
    await panel.get_by_role("textbox").fill("from this computer")
    await panel.get_by_role("button", name="Send to desktop").click()
    await eventually(lambda: _holds(person, "from this computer"), "the text on the machine")
    assert not any("9.clipboard" in frame for frame in received)
    assert any("4.sync" in frame for frame in received), "frames are looked at"

    await person.show_toolbar()
    await person.toolbar_button("Files").click()
    await expect(visitor.get_by_role("dialog", name="Files on the machine")).to_contain_text(_NO_FILES_THERE)


async def test_files_to_a_machine_and_not_from_it(
    lend: Lend, sign_in: SignIn, sshd: Sshd, tmp_path: Path
) -> None:
    (sshd.home / "results.csv").write_text("1,2,3")
    machine = by_ssh(sshd)
    person = await sign_in(lend(replace(machine, plan=machine.plan | {"files": "to-desktop"})))
    await person.open_machine()
    await person.show_toolbar()
    await person.toolbar_button("Files").click()
    drawer = person.page.get_by_role("dialog", name="Files on the machine")
    download = drawer.get_by_role("button", name="Download results.csv")
    await expect(download).to_be_disabled()
    await expect(download).to_have_accessible_description(_NO_FILES_FROM)

    sent = tmp_path / "sent.txt"
    sent.write_text("welcome")
    async with person.page.expect_file_chooser() as chooser:
        await drawer.get_by_role("button", name="Upload").click()
    await (await chooser.value).set_files(sent)
    await expect(drawer.get_by_role("region", name="Uploads")).to_contain_text(
        "On the machine", timeout=30_000
    )
    assert (sshd.home / sent.name).read_text() == "welcome"


async def test_who_only_watches_is_told_so(serve: Serve, visitor: Page) -> None:
    person = await _desktop_of(serve('clipboard = "from-desktop"'), visitor, "Nothing can be copied into it.")
    await person.show_toolbar()
    await person.toolbar_button("More").click()
    await visitor.get_by_role("menuitemcheckbox", name="Watch only").click()
    await expect(visitor.get_by_text("Watching only")).to_be_visible()
    panel = await _open_clipboard(person)
    await expect(panel).to_contain_text(_INTO)
    await expect(panel).to_contain_text("You are only watching: nothing can be copied out of the desktop.")
    await expect(panel.get_by_role("textbox")).to_have_count(0)
    await visitor.keyboard.press("Escape")
    await expect(panel).to_be_hidden()


async def _desktop_of(server: GatewayProcess, page: Page, withheld: str) -> DesktopPerson:
    """A new desktop, from a plan whose card says what is *withheld*."""
    person = DesktopPerson(page, server)
    await page.goto(server.sign_in_link())
    await page.wait_for_url(f"{server.url}/")
    await page.get_by_role("link", name="New desktop").first.click()
    card = page.get_by_role("radio", name="Guarded desktop")
    await expect(card).to_have_accessible_description(re.compile(re.escape(withheld)))
    await page.get_by_role("button", name="Create desktop").click()
    await person.see_picture()
    return person


async def _show_by(person: DesktopPerson, stream: str) -> None:
    await person.show_toolbar()
    await person.toolbar_button("More").click()
    await person.page.get_by_role("menuitemradio", name=f"Stream: {stream}").click()
    picture = person.page.get_by_test_id("desktop-picture")
    await expect(picture).to_have_attribute("data-phase", "connected", timeout=40_000)
    await person.see_picture()


async def _open_clipboard(person: DesktopPerson) -> Locator:
    await person.show_toolbar()
    await person.toolbar_button("Clipboard").click()
    return person.page.get_by_role("dialog", name="Clipboard")


def _clipboard_of(person: DesktopPerson) -> str:
    return person.on_machine("xclip", "-selection", "clipboard", "-out")


def _pointer_of(person: DesktopPerson) -> str:
    return person.on_machine("xdotool", "getmouselocation")


async def _pointer_left(person: DesktopPerson, place: str) -> bool:
    return _pointer_of(person) != place


async def _holds(person: DesktopPerson, text: str) -> bool:
    return _clipboard_of(person) == text
