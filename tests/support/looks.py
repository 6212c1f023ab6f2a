"""What pages look like: pictures of them to look at, and faults that a program can find."""

from itertools import product
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

__all__ = ["look"]

_ROOT = Path(__file__).parents[2]
_AXE = _ROOT / "web/node_modules/axe-core/axe.min.js"
_SCREENSHOTS = _ROOT / "build/screenshots"
_SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
_SHAPES = {"phone": (390, 844), "wide": (1280, 800)}
_GRAVE = {"serious", "critical"}

_OVERFLOWING = """[...document.querySelectorAll('[role=dialog], [role=dialog] *, html')]
    .filter(({scrollWidth, clientWidth}) => clientWidth && scrollWidth > clientWidth + 1)
    .filter(element => getComputedStyle(element).textOverflow !== 'ellipsis')
    .map(element => element.outerHTML.slice(0, 120))"""


async def look(page: Page, name: str) -> None:
    """Leave pictures in `build/screenshots`: narrow and wide, dark and light.

    Nothing is wider than its place, and no accessibility fault is grave.
    """
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.evaluate(_AXE.read_text())
    for scheme, (shape, (width, height)) in product(_SCHEMES, _SHAPES.items()):
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_timeout(400)
        await page.screenshot(path=_SCREENSHOTS / f"{name}-{scheme}-{shape}.png")
        where = f"{name} ({scheme}, {shape})"
        overflowing = await page.evaluate(_OVERFLOWING)
        assert not overflowing, f"{where} is too wide: {overflowing}"
        found = await page.evaluate("axe.run().then(result => result.violations)")
        grave = [f"{fault['id']}: {fault['help']}" for fault in found if fault["impact"] in _GRAVE]
        assert not grave, f"{where}: {grave}"
