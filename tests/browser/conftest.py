"""A real server, a real Chromium, and the machine's own X server to read results back from."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.async_api import Browser, Page, async_playwright

from support.gateway_process import GatewayProcess

Answer = TypeVar("Answer")

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
async def page(chromium: Browser, beamdesk: GatewayProcess) -> AsyncIterator[Page]:
    """A page of the first person, signed in; a script error on it fails the test."""
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(beamdesk.sign_in_link())
    await page.wait_for_url(f"{beamdesk.url}/")
    yield page
    await context.close()
    assert not errors, errors


async def eventually(ask: Callable[[], Awaitable[Answer]], what: str, seconds: float = 20) -> Answer:
    """Ask again until the answer is truthy."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.1)


def environment_of(pid: int) -> dict[str, str]:
    """The environment of a running process, to reach its X server."""
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return {**os.environ, **dict(pair.split("=", 1) for pair in pairs if "=" in pair)}
