"""What is killed between a browser and its desktop comes back, and the page says what is missing."""

import os
import re
import signal

import psutil
import pytest
from playwright.async_api import Page, expect

from support.desktop_person import eventually
from support.gateway_process import GatewayProcess
from support.guacamole_person import GuacamolePerson

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]


@pytest.fixture
async def person(page: Page, beamdesk: GatewayProcess) -> GuacamolePerson:
    """Somebody who works in a terminal on a desktop, by Guacamole."""
    person = GuacamolePerson(page, beamdesk)
    await person.new_desktop("Unbroken")
    await person.switch_to("Guacamole")
    await person.open_terminal()
    return person


async def test_guacd_is_killed(person: GuacamolePerson, beamdesk: GatewayProcess) -> None:
    for process in beamdesk.guacd_processes():
        process.kill()
    await _see_said(person, "guacd.+ failed")
    await _goes_on_typing(person)


async def test_the_process_of_the_connection_is_killed(
    person: GuacamolePerson, beamdesk: GatewayProcess
) -> None:
    (connection,) = beamdesk.guacd_connections()
    guacd = connection.parent()
    connection.kill()
    await _see_said(person, "guacd.+ failed")
    await _goes_on_typing(person)
    (successor,) = beamdesk.guacd_connections()
    assert successor != connection
    assert successor.parent() == guacd, "guacd itself has lived on"


async def test_the_gateway_is_killed(person: GuacamolePerson, beamdesk: GatewayProcess) -> None:
    desktops, guacd = beamdesk.desktop_pids(), beamdesk.guacd_processes()
    beamdesk.kill()
    await _see_said(person, "connection to Beamdesk was lost|Beamdesk (does not answer|cannot be reached)")
    # guacd ends with its gateway, and what it keeps of the desktop with it: nothing is left behind.
    await eventually(lambda: _are_gone(guacd), "the end of guacd")
    beamdesk.start()
    await _goes_on_typing(person)
    assert beamdesk.desktop_pids() == desktops, "the same desktop, not another one"


async def test_the_desktop_is_killed(person: GuacamolePerson, beamdesk: GatewayProcess) -> None:
    (pid,) = beamdesk.desktop_pids()
    os.kill(pid, signal.SIGKILL)
    await expect(person.page.get_by_text(re.compile("ended", re.IGNORECASE)).first).to_be_visible(
        timeout=15_000
    )


async def _see_said(person: GuacamolePerson, words: str) -> None:
    overlay = person.page.get_by_role("region", name="Connection")
    await expect(overlay).to_contain_text(re.compile(words), timeout=15_000)


async def _goes_on_typing(person: GuacamolePerson) -> None:
    """The page connects again by itself, and the terminal is still there."""
    await person.see_connected()
    await person.see_picture()
    await person.click(500, 350)
    await person.type_command("echo again > draft; mv draft said")
    assert await person.read_back("said") == "again"


async def _are_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() for process in processes)
