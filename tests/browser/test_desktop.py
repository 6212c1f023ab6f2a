"""A person opens a desktop, works on it, and puts it away."""

import re

import pytest
from playwright.async_api import Page, expect

from support.desktop_person import DesktopPerson, eventually
from support.gateway_process import GatewayProcess

pytestmark = [pytest.mark.browser, pytest.mark.desktop]

GREETING = "Füße 日本語"


async def test_a_desktop_from_its_first_picture_to_its_end(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Beamline notes")

    await person.open_terminal()
    await person.type_command("echo $((40+2)) beams > said")
    assert await person.read_back("said") == "42 beams"

    await page.set_viewport_size({"width": 1040, "height": 700})
    await eventually(lambda: _size_is(person, "1040 700"), "the desktop to fit the window")

    await person.show_toolbar()
    await person.leave()
    card = page.get_by_role("listitem", name="Beamline notes")
    await expect(card).to_contain_text("Ready")
    assert beamdesk.desktop_pids(), "leaving is not stopping"

    await card.get_by_role("button", name="More for Beamline notes").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("Delete")).click()
    await expect(card).to_have_count(0, timeout=20_000)
    await eventually(lambda: _no_desktop(beamdesk), "the machine to be gone")


async def test_clipboard_goes_both_ways(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Clipboard")

    await person.show_toolbar()
    await person.toolbar_button("Clipboard").click()
    panel = page.get_by_role("dialog", name="Clipboard")
    text = panel.get_by_role("textbox")
    await text.fill(GREETING)
    await panel.get_by_role("button", name="Send to desktop").click()
    await eventually(lambda: _clipboard_holds(person, GREETING), "the text on the machine")

    reply = f"{GREETING} → zurück 𝄞"
    person.on_machine("xclip", "-selection", "clipboard", "-in", text=reply)
    await person.show_toolbar()
    await person.toolbar_button("Clipboard").click()
    await expect(text).to_have_value(reply, timeout=10_000)


async def _size_is(person: DesktopPerson, size: str) -> bool:
    return person.on_machine("xdotool", "getdisplaygeometry").strip() == size


async def _clipboard_holds(person: DesktopPerson, text: str) -> bool:
    return person.on_machine("xclip", "-selection", "clipboard", "-out") == text


async def _no_desktop(server: GatewayProcess) -> bool:
    return not server.desktop_pids()
