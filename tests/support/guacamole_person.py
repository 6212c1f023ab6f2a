"""What a person does with a desktop that is shown by way of guacd."""

import base64
import io
import re
from typing import Protocol

import numpy as np
from PIL import Image
from playwright.async_api import Locator, Page, expect

from support.desktop_person import DesktopPerson, eventually
from support.gateway_process import GatewayProcess

__all__ = ["GuacamolePerson", "SignIn", "pixels_apart"]

_AS_PNG = """canvas => {
    const {offsetWidth, offsetHeight} = canvas.parentElement;
    return [canvas.toDataURL('image/png').split(',')[1], offsetWidth, offsetHeight];
}"""
"""A layer's canvas may be larger than the layer, which the element around it is as large as."""

_ASK_TICKET = """async role => {
    const {csrf_token} = await (await fetch('/api/v1/me')).json();
    const id = location.pathname.split('/').pop();
    const answer = await fetch(`/api/v1/instances/${id}/tickets`, {
        method: 'POST',
        headers: {'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token},
        body: JSON.stringify({stream: 'guacamole', role}),
    });
    return (await answer.json()).url;
}"""

_TOLD_APART = 24
"""Of 255. Browsers and Pillow decode JPEG and WebP a little differently."""


class GuacamolePerson(DesktopPerson):
    """As `DesktopPerson`, by guacamole-common-js. Note `streams`: what the page opened so far."""

    def __init__(self, page: Page, server: GatewayProcess) -> None:
        super().__init__(page, server)
        self.streams: list[str] = []
        page.on("websocket", lambda websocket: self._note(websocket.url))

    async def open_machine(self, name: str = "Machine") -> None:
        """Create a desktop on the only plan, and wait for its picture."""
        await self.ask_for_machine(name)
        await self.see_connected()

    async def ask_for_machine(self, name: str = "Machine") -> None:
        """Create a desktop on the only plan."""
        await self.page.get_by_role("link", name="New desktop").first.click()
        await self.page.get_by_role("textbox", name="Name").fill(name)
        await self.page.get_by_role("button", name="Create desktop").click()

    async def open_shared(self, name: str = "Machine") -> None:
        """As somebody who may see everybody's desktops, open one, and wait for its picture."""
        await self.page.get_by_role("switch", name="All desktops").check()
        await self.page.get_by_role("listitem", name=name).get_by_role("link").first.click()
        await self.see_connected()

    async def see_connected(self) -> None:
        picture = self.page.get_by_test_id("desktop-picture")
        await expect(picture).to_have_attribute("data-phase", "connected", timeout=40_000)

    async def switch_to(self, name: str) -> None:
        """Choose by which stream the desktop is shown."""
        await self._choose("menuitemradio", f"Stream: {name}")
        await self.see_connected()
        await self.see_picture()

    async def watch_only(self) -> None:
        """Begin or cease to watch only."""
        await self._choose("menuitemcheckbox", "Watch only")

    async def scale(self, name: str) -> None:
        """Choose how the picture is brought to the size of the window."""
        await self.show_toolbar()
        await self.toolbar_button("Scaling").click()
        await self.page.get_by_role("menuitemradio", name=name).click()

    async def click(self, x: int, y: int) -> None:
        """Click on the picture, which is more than its canvas: the pointer meets the layers before it."""
        await self.screen.click(position={"x": x, "y": y}, force=True)

    async def send_to_clipboard(self, text: str) -> None:
        """By the panel, as where the browser forbids reading."""
        panel = await self.open_clipboard()
        await panel.get_by_role("textbox").fill(text)
        await panel.get_by_role("button", name="Send to desktop").click()
        await expect(panel).to_be_hidden()

    async def open_clipboard(self) -> Locator:
        await self.show_toolbar()
        await self.toolbar_button("Clipboard").click()
        return self.page.get_by_role("dialog", name="Clipboard")

    async def open_files(self) -> Locator:
        await self.show_toolbar()
        await self.toolbar_button("Files").click()
        return self.page.get_by_role("dialog", name="Files on the machine")

    async def picture(self) -> Image.Image:
        """The default layer: all of a VNC or RDP desktop, without the pointer."""
        encoded, width, height = await self.screen.evaluate(_AS_PNG)
        canvas = Image.open(io.BytesIO(base64.b64decode(encoded)))
        return canvas.crop((0, 0, width, height)).convert("RGB")

    async def see_picture_of(self, expected: Image.Image, *, tolerance: float) -> None:
        """Wait until the picture is *expected*, but for *tolerance* (see `pixels_apart`)."""

        async def shows() -> bool:
            picture = await self.picture()
            return picture.size == expected.size and pixels_apart(picture, expected) <= tolerance

        await eventually(shows, "the expected picture", seconds=40)

    async def stream_address(self, role: str) -> str:
        """Of one more stream of the open desktop, with a ticket for *role* that is good once."""
        return str(await self.page.evaluate(_ASK_TICKET, role))

    async def _choose(self, role: str, name: str) -> None:
        await self.show_toolbar()
        await self.toolbar_button("More").click()
        await self.page.get_by_role(role, name=name).click()  # type: ignore[arg-type]  # one of ARIA's roles

    def _note(self, url: str) -> None:
        if found := re.search(r"/stream/(\w+)", url):
            self.streams.append(found[1])


def pixels_apart(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that look different: by more than lossy formats and their decoders make of them."""
    apart = np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16)).max(axis=2)
    return float((apart > _TOLD_APART).mean())


class SignIn(Protocol):
    """Gives a person with a browser of his own."""

    async def __call__(
        self, server: GatewayProcess, link: str | None = None, *, script: str = ""
    ) -> GuacamolePerson:
        """The server's first person, or whose *link* it is. *script* runs before each page."""
        ...
