"""Every page is free of serious accessibility faults and fits its window, in light and dark, wide and narrow.

The pictures that are taken on the way are left in `build/screenshots`, to look at; README shows one of them.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from support.desktop_person import DesktopPerson, eventually
from support.gateway_process import GatewayProcess

pytestmark = [pytest.mark.browser, pytest.mark.desktop]

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
SCREENSHOTS = ROOT / "build/screenshots"
README_PICTURE = ROOT / "web/screenshots/home.png"

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_are_accessible_and_fit(chromium: Browser, beamdesk: GatewayProcess, scheme: str) -> None:
    context = await chromium.new_context(viewport=WIDE, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    look = _looking_at(page, scheme)

    await page.goto(f"{beamdesk.url}/sign-in")
    await look("sign-in")
    await page.goto(beamdesk.sign_in_link())
    await page.wait_for_url(f"{beamdesk.url}/")
    await expect(page.get_by_text("You have no desktop yet")).to_be_visible()
    await look("home-empty")
    await page.goto(f"{beamdesk.url}/new")
    await expect(page.get_by_role("radio").first).to_be_visible()
    await look("new-desktop")

    person = DesktopPerson(page, beamdesk)
    await page.goto(f"{beamdesk.url}/")
    await person.new_desktop("Diffraction of ice")
    await person.show_toolbar()
    await person.toolbar_button("Clipboard").click()
    await expect(page.get_by_role("dialog", name="Clipboard")).to_be_visible()
    await look("clipboard")
    await page.keyboard.press("Escape")
    await person.open_terminal()
    await person.show_toolbar()
    await look("desktop")
    await person.show_toolbar()
    await person.leave()
    card = page.get_by_role("listitem", name="Diffraction of ice")
    await eventually(lambda: _shows_terminal(card), "a picture of the terminal", seconds=40)
    await look("home")
    await card.get_by_role("button", name="More for Diffraction of ice").click()
    await page.get_by_role("menuitem", name="View history").click()
    await expect(page.get_by_role("dialog")).to_contain_text("created this desktop.")
    await look("history")
    await page.goto(f"{beamdesk.url}/tokens")
    await look("tokens")
    await context.close()
    if scheme == "light" and os.environ.get("UPDATE_SCREENSHOTS"):
        README_PICTURE.parent.mkdir(exist_ok=True)
        README_PICTURE.write_bytes((SCREENSHOTS / "home-light-wide.png").read_bytes())


async def _shows_terminal(card: Locator) -> bool:
    """Whether the card's picture has the dark terminal in its middle and the wallpaper at its edge."""
    picture = card.locator("img")
    if not await picture.count():
        return False
    return bool(
        await picture.first.evaluate(
            """async image => {
                await image.decode();
                const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const {width, height} = canvas;
                const blue = (x, y) => context.getImageData(width * x, height * y, 1, 1).data[2];
                return blue(0.5, 0.6) < 60 && blue(0.05, 0.6) > 60;
            }"""
        )
    )


def _looking_at(page: Page, scheme: str) -> Callable[[str], Awaitable[None]]:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    axe = AXE.read_text()

    async def look(name: str) -> None:
        for shape, size in (("phone", PHONE), ("wide", WIDE)):
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            await page.wait_for_timeout(400)
            await page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-{shape}.png")
            overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name} is {overflow} pixels too wide on a {shape}"
            await page.evaluate(axe)
            found = await page.evaluate("axe.run().then(result => result.violations)")
            grave = [f"{fault['id']}: {fault['help']}" for fault in found if fault["impact"] in GRAVE]
            assert not grave, f"{name} ({scheme}, {shape}): {grave}"

    return look
