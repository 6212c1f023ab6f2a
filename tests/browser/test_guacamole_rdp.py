"""A real RDP desktop in the browser: seen, driven, resized, its drive, its end."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from support.desktop_person import eventually
from support.guacamole_person import GuacamolePerson, SignIn
from support.lent_machine import Lend, by_rdp, shell_on
from support.xrdp import Xrdp
from support.xtigervnc import Xtigervnc

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]


async def test_an_rdp_desktop_is_seen_driven_and_ended(
    xrdp: Xrdp, lend: Lend, sign_in: SignIn, tmp_path: Path
) -> None:
    desktop, said = xrdp.desktop, tmp_path / "home/said"
    with shell_on(desktop, said.parent):
        person = await sign_in(lend(by_rdp(xrdp, tmp_path / "drive")))
        await person.open_machine()
        await person.see_picture()
        assert person.streams == ["guacamole"]

        await person.click(200, 150)
        await person.type_command('echo "$((40+2)) beams {[<|>]} ~@#%" > draft; mv draft said')
        await eventually(lambda: _exists(said), "the file on the machine")
        assert said.read_text() == "42 beams {[<|>]} ~@#%\n"

        await _press_at(person, desktop, 500, 300)
        await person.page.set_viewport_size({"width": 1000, "height": 620})
        await _press_at(person, desktop, 300, 200)

        await person.scale("Match window")
        await eventually(lambda: _has_size(person, desktop, 1000, 620), "a desktop of the window's size")
        await _press_at(person, desktop, 600, 400)

        xrdp.stop()
        overlay = person.page.get_by_role("region", name="Connection")
        await expect(overlay).to_contain_text(
            re.compile("The desktop (ended|does not answer)"), timeout=20_000
        )
        await expect(overlay.get_by_role("button", name="Try now")).to_be_visible()


async def _press_at(person: GuacamolePerson, desktop: Xtigervnc, x: int, y: int) -> None:
    """The pointer of the machine is where the person's is on the picture, and its button is down."""
    picture, place = await person.picture(), await person.screen.locator("..").bounding_box()
    assert place
    scale = place["width"] / picture.width
    expected = round((x - place["x"]) / scale), round((y - place["y"]) / scale)

    async def arrived() -> bool:
        at = desktop.pointer()
        return abs(at.x - expected[0]) <= 1 and abs(at.y - expected[1]) <= 1 and at.buttons == 1

    await person.page.mouse.move(x, y, steps=3)
    await person.page.mouse.down()
    await eventually(arrived, "the pointer of the machine to follow")
    await person.page.mouse.up()


async def _has_size(person: GuacamolePerson, desktop: Xtigervnc, width: int, height: int) -> bool:
    return (await person.picture()).size == desktop.size() == (width, height)


async def _exists(path: Path) -> bool:
    return path.exists()
