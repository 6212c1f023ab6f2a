"""A real server, a real Chromium, and the machine's own X server to read results back from."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from beamdesk.gateway.setup import guacd as setup
from support.gateway_process import GatewayProcess
from support.guacamole_person import GuacamolePerson, SignIn
from support.lent_machine import Lend, lending
from support.sshd import Sshd
from support.xrdp import Xrdp

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # As wherever people browse; without a window Chromium lets every page sound at once.
    "--autoplay-policy=document-user-activation-required",
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


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with Sshd(tmp_path) as running:
        yield running


@pytest.fixture
def xrdp(tmp_path: Path) -> Iterator[Xrdp]:
    setup.provide(rdp=True)
    with Xrdp(tmp_path, geometry="1280x800") as running:
        yield running


@pytest.fixture
def lend(tmp_path: Path) -> Iterator[Lend]:
    """`lend(machine)` starts a server that lends *machine* and nothing else."""
    with ExitStack() as stack:
        yield lambda machine: stack.enter_context(lending(tmp_path, machine))


@pytest.fixture
async def sign_in(lend: Lend, chromium: Browser, tmp_path: Path) -> AsyncIterator[SignIn]:
    """See `SignIn`. A script error on any of the pages fails the test."""
    people: list[GuacamolePerson] = []
    errors: list[str] = []

    async def enter(server: GatewayProcess, link: str | None = None, *, script: str = "") -> GuacamolePerson:
        context = await chromium.new_context(
            viewport={"width": 1280, "height": 800},
            permissions=["clipboard-read", "clipboard-write"],
        )
        if script:
            await context.add_init_script(script)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        person = GuacamolePerson(await context.new_page(), server)
        people.append(person)
        await person.page.goto(link or server.sign_in_link())
        await person.page.wait_for_url(f"{server.url}/")
        return person

    yield enter
    for number, person in enumerate(people, 1):
        await person.page.screenshot(path=tmp_path / f"last-{number}.png")
        await person.page.context.close()
    assert not errors, errors
