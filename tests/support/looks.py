"""What pages look like: pictures of them to look at, and faults that a program can find."""

from pathlib import Path

from playwright.async_api import Page

__all__ = ["look"]

_ROOT = Path(__file__).parents[2]
_AXE = _ROOT / "web/node_modules/axe-core/axe.min.js"
_SCREENSHOTS = _ROOT / "build/screenshots"
_SHAPES = {"phone": (390, 844), "wide": (1280, 800)}
_GRAVE = {"serious", "critical"}

_OVERFLOWING = """[...document.querySelectorAll('[role=dialog], [role=dialog] *, html')]
    .filter(({scrollWidth, clientWidth}) => clientWidth && scrollWidth > clientWidth + 1)
    .filter(element => getComputedStyle(element).textOverflow !== 'ellipsis')
    .map(element => element.outerHTML.slice(0, 120))"""


async def look(page: Page, name: str) -> None:
    """Leave pictures in `build/screenshots`, wide and narrow.

    Nothing is wider than its place, and no accessibility fault is grave.
    """
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for shape, (width, height) in _SHAPES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_timeout(400)
        await page.screenshot(path=_SCREENSHOTS / f"{name}-{shape}.png")
        await page.evaluate(_AXE.read_text())
        overflowing = await page.evaluate(_OVERFLOWING)
        assert not overflowing, f"{name} is too wide on a {shape}: {overflowing}"
        found = await page.evaluate("axe.run().then(result => result.violations)")
        grave = [f"{fault['id']}: {fault['help']}" for fault in found if fault["impact"] in _GRAVE]
        assert not grave, f"{name} on a {shape}: {grave}"
