"""What a person does with the web UI, and what can be read back from the desktop itself."""

import asyncio
import re
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from playwright.async_api import Locator, Page, expect

from support.gateway_process import GatewayProcess

Answer = TypeVar("Answer")

TERMINAL_ICON = (60, 137)
"""Where the light desktop shows the terminal's icon, in pixels of the desktop."""


async def eventually(ask: Callable[[], Awaitable[Answer]], what: str, seconds: float = 20) -> Answer:
    """Ask again until the answer is truthy."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.1)


class DesktopPerson:
    """One person's page on a running server."""

    def __init__(self, page: Page, server: GatewayProcess) -> None:
        self.page = page
        self.server = server

    @property
    def screen(self) -> Locator:
        """The desktop's picture."""
        return self.page.locator("canvas").first

    async def new_desktop(self, name: str) -> None:
        """Press “New desktop”, fill in the form, and wait for the first picture."""
        await self.page.get_by_role("link", name="New desktop").first.click()
        await self.page.get_by_role("textbox", name="Name").fill(name)
        await self.page.get_by_role("button", name="Create desktop").click()
        await self.see_picture()

    async def see_picture(self) -> None:
        """Wait until the canvas shows something other than one colour."""
        await expect(self.screen).to_be_visible(timeout=20_000)
        await eventually(self._has_picture, "a picture of the desktop")

    async def open_terminal(self) -> None:
        x, y = TERMINAL_ICON

        async def opened() -> bool:
            # The icons come a moment after the wallpaper: a double click before that meets nothing. By force,
            # since Guacamole's canvas lies behind its layers, which are what the pointer meets.
            await self.screen.dblclick(position={"x": x, "y": y}, force=True)
            for _ in range(40):
                if await self._has_terminal():
                    return True
                await asyncio.sleep(0.1)
            return False

        await eventually(opened, "a terminal window", seconds=40)

    async def type_command(self, line: str) -> None:
        """Type *line* with the keyboard, into whatever window has the focus."""
        await self.page.keyboard.type(line, delay=15)
        await self.page.keyboard.press("Enter")

    async def leave(self) -> None:
        await self.toolbar_button("Leave").click()
        await self.page.wait_for_url(f"{self.server.url}/")

    def toolbar_button(self, name: str | re.Pattern[str]) -> Locator:
        toolbar = self.page.get_by_role("toolbar", name="Desktop toolbar")
        return toolbar.get_by_role("button", name=name)

    async def show_toolbar(self) -> None:
        """Move the mouse to the upper edge, where the toolbar waits."""
        width = (self.page.viewport_size or {"width": 800})["width"]
        await self.page.mouse.move(width / 2, 200)
        await self.page.mouse.move(width / 2, 0, steps=4)
        await expect(self.toolbar_button("Leave")).to_be_visible()

    def home_file(self, name: str) -> Path:
        """A file in the home folder on the machine."""
        return Path(self.server.desktop_environment()["HOME"]) / name

    async def read_back(self, name: str) -> str:
        """The content of a file on the machine, once it is there."""
        path = self.home_file(name)

        async def content() -> str:
            return path.read_text() if path.exists() else ""

        return (await eventually(content, f"the file {name} on the machine")).strip()

    def on_machine(self, *command: str, text: str | None = None) -> str:
        """Run a program on the desktop's display and give what it printed."""
        done = subprocess.run(
            command,
            input=text,
            capture_output=text is None,
            text=True,
            check=False,
            timeout=10,
            env=self.server.desktop_environment(),
        )
        return done.stdout or ""

    async def _has_terminal(self) -> bool:
        return bool(self.on_machine("xdotool", "search", "--onlyvisible", "--class", "terminal").strip())

    async def _has_picture(self) -> bool:
        return bool(
            await self.screen.evaluate(
                """canvas => {
                    const {width, height} = canvas;
                    if (!width || !height) return false;
                    const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
                    const seen = new Set();
                    for (let at = 0; at < data.length; at += 4 * 997)
                        seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
                    return seen.size > 8;
                }"""
            )
        )
