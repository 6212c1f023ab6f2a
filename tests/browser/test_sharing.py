"""Two people on one desktop: who only watches changes nothing."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from support.desktop_person import DesktopPerson
from support.gateway_process import GatewayProcess

pytestmark = [pytest.mark.browser, pytest.mark.desktop]


async def test_a_second_person_watches_and_cannot_type(
    page: Page, chromium: Browser, beamdesk: GatewayProcess
) -> None:
    context = await chromium.new_context(viewport={"width": 1000, "height": 700})
    marie_page = await context.new_page()
    await marie_page.goto(beamdesk.add_person("marie"))
    await marie_page.wait_for_url(f"{beamdesk.url}/")
    marie = DesktopPerson(marie_page, beamdesk)
    await marie.new_desktop("Shared")
    await marie.open_terminal()

    await page.get_by_role("switch", name="All desktops").check()
    await page.get_by_role("listitem", name="Shared").get_by_role("link").first.click()
    watcher = DesktopPerson(page, beamdesk)
    await watcher.see_picture()
    await expect(marie_page.get_by_role("toolbar", name="Desktop toolbar")).to_contain_text(
        re.compile("guest"), timeout=10_000, ignore_case=True
    )

    await watcher.screen.click(position={"x": 500, "y": 350})
    await watcher.type_command("echo guest > said")
    await marie.type_command("echo owner > said")
    assert await marie.read_back("said") == "owner"
    pointer = marie.on_machine("xdotool", "getmouselocation")
    await watcher.page.mouse.move(300, 300, steps=5)
    await watcher.page.mouse.move(400, 320, steps=5)
    await marie.type_command("echo done > done")
    assert await marie.read_back("done") == "done"
    assert marie.on_machine("xdotool", "getmouselocation") == pointer
    await context.close()


async def test_an_owner_may_ask_only_to_watch(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Hands off")
    await person.open_terminal()
    await person.show_toolbar()
    await person.toolbar_button("More").click()
    await page.get_by_role("menuitemcheckbox", name="Watch only").click()
    await expect(page.get_by_text("Watching only")).to_be_visible()
    await person.see_picture()

    await person.screen.click(position={"x": 500, "y": 350})
    await person.type_command("touch watched")
    await person.show_toolbar()
    await person.toolbar_button("More").click()
    await page.get_by_role("menuitemcheckbox", name="Watch only").click()
    await expect(page.get_by_text("Watching only")).to_be_hidden()
    await person.see_picture()

    await person.screen.click(position={"x": 500, "y": 350})
    await person.type_command("echo mine > worked")
    assert await person.read_back("worked") == "mine"
    assert not person.home_file("watched").exists()
