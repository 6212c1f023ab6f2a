"""`beamdesk bench first-picture`: what a person waits for, measured through the browser.

A server is started on an empty data folder; a headless Chromium signs in and presses “Create desktop” again
and again. Two times are told: from the start of the process to the printed link, and from the press of
the button to the first picture of the desktop on the page's canvas.
"""

import asyncio
import importlib.util
import json as json_format
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

__all__ = ["Waits", "first_picture"]

SERVING_TARGET: Final = 3.0
PICTURE_TARGET: Final = 2.0

_START_SECONDS: Final = 30.0
_LINK: Final = re.compile(r"http://\S+/sign-in#token=\S+")
_BROWSER_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WATCH: Final = """
() => new Promise(resolve => {
    const began = performance.now();
    const look = () => {
        const canvas = document.querySelector('canvas');
        if (canvas && canvas.width && canvas.height) {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const colours = new Set();
            for (let at = 0; at < data.length; at += 4 * 997)
                colours.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
            if (colours.size > 8) return resolve((performance.now() - began) / 1000);
        }
        requestAnimationFrame(look);
    };
    const button = [...document.querySelectorAll('button')]
        .find(found => found.textContent.includes('Create desktop'));
    button.click();
    look();
})
"""
"""Presses the button and answers the seconds until the canvas shows more than a plain colour."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds that a person waits."""

    serving: float
    pictures: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.pictures)


def first_picture(
    *,
    desktops: Annotated[int, typer.Option(help="Desktops to open, one after the other.", min=1)] = 20,
    chromium: Annotated[Path, typer.Option(help="The browser.")] = Path("/usr/bin/chromium"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how long a person waits for a new desktop, through the browser.

    Exit code 1: a target was missed.
    """
    if not chromium.exists():
        print(f"There is no browser at {chromium}; name one with --chromium.", file=sys.stderr)
        raise typer.Exit(2)
    if importlib.util.find_spec("playwright") is None:
        print("This bench drives a browser and needs the Python package playwright.", file=sys.stderr)
        raise typer.Exit(2)
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="beamdesk-bench-") as name, progress.status("starting Beamdesk"):
        waits = asyncio.run(_measure(Path(name), chromium, desktops))
    if json:
        print(json_format.dumps(asdict(waits)))
    else:
        _show(waits)
    if waits.serving > SERVING_TARGET or waits.median > PICTURE_TARGET:
        raise typer.Exit(1)


async def _measure(folder: Path, chromium: Path, desktops: int) -> Waits:
    # Only this bench needs it, and it is no dependency of Beamdesk.
    from playwright.async_api import async_playwright  # noqa: PLC0415

    with _server(folder) as (link, serving):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=list(_BROWSER_FLAGS))
            try:
                return Waits(serving, await _open_desktops(browser, link, desktops))
            finally:
                await browser.close()


async def _open_desktops(browser: "Browser", link: str, count: int) -> list[float]:
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(link)
    await page.get_by_role("heading", name="My desktops").wait_for()
    site = link.partition("/sign-in")[0]
    waits = []
    for _ in range(count):
        await page.goto(f"{site}/new")
        await page.get_by_role("button", name="Create desktop").wait_for()
        waits.append(float(await page.evaluate(_WATCH)))
        await _delete_all(page, site)
    return waits


async def _delete_all(page: "Page", site: str) -> None:
    """Make room: one desktop at a time, as a person would have it."""
    await page.goto(f"{site}/")
    await page.evaluate(
        """async () => {
            const me = await (await fetch('/api/v1/me')).json();
            const all = async () => (await (await fetch('/api/v1/instances')).json()).items;
            for (const {id} of await all())
                await fetch(`/api/v1/instances/${id}`,
                            {method: 'DELETE', headers: {'X-CSRF-Token': me.csrf_token}});
            while ((await all()).length) await new Promise(resolve => setTimeout(resolve, 100));
        }"""
    )


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, float]]:
    """A running `beamdesk serve`: its sign-in link, and the seconds until it was ready."""
    log = folder / "server.log"
    command = shutil.which("beamdesk") or str(Path(sys.executable).with_name("beamdesk"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BEAMDESK__")}
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [command, "serve", "--port", "0", "--data-dir", str(folder / "data")],
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
        )
    try:
        while not (found := _LINK.search(log.read_text(errors="replace"))):
            if process.poll() is not None or time.perf_counter() - began > _START_SECONDS:
                raise RuntimeError(f"Beamdesk did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.01)
        yield found[0], time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _show(waits: Waits) -> None:
    table = Table(title="What a person waits for")
    for heading in ("wait", "median", "shortest", "longest", "target"):
        table.add_column(heading, justify="left" if heading == "wait" else "right")
    table.add_row("start to serving", f"{waits.serving:.2f} s", "", "", f"< {SERVING_TARGET:g} s")
    table.add_row(
        f"“Create desktop” to first picture, {len(waits.pictures)} times",
        f"{waits.median:.2f} s",
        f"{min(waits.pictures):.2f} s",
        f"{max(waits.pictures):.2f} s",
        f"≤ {PICTURE_TARGET:g} s",
    )
    Console().print(table)
