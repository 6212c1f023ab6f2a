"""What a person sees when something dies, and that work goes on by itself where it can."""

import os
import re
import signal

import pytest
from playwright.async_api import Page, expect

from support.desktop_person import DesktopPerson
from support.gateway_process import GatewayProcess

pytestmark = [pytest.mark.browser, pytest.mark.desktop]


async def test_a_desktop_that_dies_says_so_and_shows_its_log(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Doomed")
    (pid,) = beamdesk.desktop_pids()
    os.kill(pid, signal.SIGKILL)
    await expect(page.get_by_text(re.compile("ended", re.IGNORECASE)).first).to_be_visible(timeout=15_000)

    await page.goto(f"{beamdesk.url}/")
    card = page.get_by_role("listitem", name="Doomed")
    await expect(card).to_contain_text(re.compile("error|failed", re.IGNORECASE), timeout=15_000)


async def test_the_browser_comes_back_by_itself_after_the_gateway_was_killed(
    page: Page, beamdesk: GatewayProcess
) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Survivor")
    await person.open_terminal()
    before = beamdesk.desktop_pids()

    beamdesk.kill()
    await expect(page.get_by_role("button", name="Try now")).to_be_visible(timeout=15_000)
    beamdesk.start()
    await expect(page.get_by_role("button", name="Try now")).to_have_count(0, timeout=40_000)
    await person.see_picture()

    assert beamdesk.desktop_pids() == before, "the same desktop, not another one"
    await person.screen.click(position={"x": 500, "y": 400})
    await person.type_command("echo back again > said")
    assert await person.read_back("said") == "back again"
