"""Desktops by way of guacd: the same page, another player."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from support.desktop_person import eventually
from support.gateway_process import GatewayProcess
from support.guacamole_person import GuacamolePerson, SignIn
from support.lent_machine import Lend, by_vnc, locked_desktop
from support.looks import look
from support.xtigervnc import Pointer, Xtigervnc

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]

PASSWORD = "secret12"


async def test_a_desktop_by_guacamole_and_back_by_vnc(page: Page, beamdesk: GatewayProcess) -> None:
    person = GuacamolePerson(page, beamdesk)
    await person.new_desktop("Two ways in")

    await person.switch_to("Guacamole")
    assert person.streams[-1] == "guacamole"
    await person.open_terminal()
    await person.type_command("echo $((40+2)) beams > said")
    assert await person.read_back("said") == "42 beams"

    await person.switch_to("VNC")
    assert person.streams[-1] == "rfb"
    await person.click(500, 400)
    await person.type_command("echo back > back")
    assert await person.read_back("back") == "back"


async def test_a_reloaded_browser_finds_the_same_desktop(page: Page, beamdesk: GatewayProcess) -> None:
    person = GuacamolePerson(page, beamdesk)
    await person.new_desktop("Here again")
    await person.switch_to("Guacamole")
    await person.open_terminal()
    terminals = person.on_machine("xdotool", "search", "--class", "terminal")
    (connection,) = beamdesk.guacd_connections()

    await page.reload()
    await person.see_connected()
    await person.see_picture()
    assert person.streams[-1] == "guacamole", "the choice is remembered"
    assert beamdesk.guacd_connections() == [connection]
    assert person.on_machine("xdotool", "search", "--class", "terminal") == terminals
    await person.click(500, 400)
    await person.type_command("echo reloaded > reloaded")
    assert await person.read_back("reloaded") == "reloaded"


async def test_what_is_held_is_released_when_the_focus_goes(page: Page, beamdesk: GatewayProcess) -> None:
    person = GuacamolePerson(page, beamdesk)
    await person.new_desktop("Shift")
    await person.switch_to("Guacamole")
    await person.open_terminal()

    await page.keyboard.down("Shift")
    await page.keyboard.press("Control+Alt+Shift")
    await expect(person.toolbar_button("Leave")).to_be_focused()
    # Whatever holds Shift on the machine makes capitals of this.
    person.on_machine("xdotool", "type", "echo small > said\n")
    assert await person.read_back("said") == "small"


async def test_who_watches_by_guacamole_changes_nothing(page: Page, beamdesk: GatewayProcess) -> None:
    person = GuacamolePerson(page, beamdesk)
    await person.new_desktop("Hands off")
    await person.switch_to("Guacamole")
    await person.open_terminal()
    await person.watch_only()
    await expect(page.get_by_text("Watching only")).to_be_visible()
    await person.see_picture()
    await person.click(500, 350)
    await person.type_command("touch watched")

    await person.watch_only()
    await expect(page.get_by_text("Watching only")).to_be_hidden()
    await person.see_picture()
    await person.click(500, 350)
    await person.type_command("echo mine > worked")
    assert await person.read_back("worked") == "mine"
    assert not person.home_file("watched").exists()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Xtigervnc]:
    with locked_desktop(tmp_path, PASSWORD) as running:
        yield running


async def test_a_machine_that_asks_for_a_password(locked: Xtigervnc, lend: Lend, sign_in: SignIn) -> None:
    person = await sign_in(lend(by_vnc(locked)))
    await person.ask_for_machine()
    page = person.page
    dialog = page.get_by_role("dialog", name="Sign in to the machine")
    await expect(dialog.get_by_label("Password", exact=True)).to_be_focused(timeout=20_000)
    await look(page, "machine-password")

    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await person.see_connected()
    await page.mouse.move(400, 300)
    await page.mouse.move(420, 310, steps=3)
    before = locked.pointer()
    await page.mouse.move(500, 400, steps=3)
    await eventually(lambda: _moved_from(locked, before), "the pointer of the machine to follow")


async def _moved_from(machine: Xtigervnc, before: Pointer) -> bool:
    return machine.pointer() != before
