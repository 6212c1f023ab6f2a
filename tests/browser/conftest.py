"""A real server, a real Chromium, and the machine's own X server to read results back from."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from support.gateway_process import GatewayProcess

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def beamdesk(tmp_path: Path) -> Iterator[GatewayProcess]:
    """A running server with an empty data folder."""
    server = GatewayProcess(tmp_path / "beamdesk")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def page(chromium: Browser, beamdesk: GatewayProcess, tmp_path: Path) -> AsyncIterator[Page]:
    """A page of the first person, signed in; a script error on it fails the test.

    What it showed last is left as `last.png` in the test's folder, to look at after a failure.
    """
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(beamdesk.sign_in_link())
    await page.wait_for_url(f"{beamdesk.url}/")
    yield page
    await page.screenshot(path=tmp_path / "last.png")
    await context.close()
    assert not errors, errors
