"""What a person chooses of a desktop's picture and sound reaches the machine, and is remembered."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, WebSocket, expect

from support.desktop_person import DesktopPerson, eventually
from support.gateway_process import GatewayProcess

pytestmark = [pytest.mark.browser, pytest.mark.desktop]


class Streams:
    """The streams that a page opened: what each asked for, and what the latest brought and was told."""

    def __init__(self, page: Page) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.received: list[str | bytes] = []
        self.sent: list[str | bytes] = []
        page.on("websocket", self._note)

    def _note(self, socket: WebSocket) -> None:
        if "/stream/" not in socket.url:
            return
        self.asked.append(parse_qs(urlsplit(socket.url).query))
        self.received, self.sent = [], []
        socket.on("framereceived", self._hear)
        socket.on("framesent", self._overhear)

    def _hear(self, frame: str | bytes) -> None:
        self.received.append(frame)

    def _overhear(self, frame: str | bytes) -> None:
        self.sent.append(frame)

    async def brought(self, mark: str) -> bool:
        return any(mark in frame for frame in self.received if isinstance(frame, str))

    async def told(self, is_it: Callable[[bytes], bool]) -> bool:
        return any(is_it(frame) for frame in self.sent if isinstance(frame, bytes))


@pytest.mark.guacd
async def test_a_picture_that_saves_bandwidth_and_no_sound(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Slow network")
    streams = Streams(page)
    await _choose(person, "menuitemradio", "Stream: Guacamole")
    assert streams.asked[-1]["image"] == ["image/png", "image/jpeg"]
    assert "audio/L16" in streams.asked[-1]["audio"]

    await _choose(person, "menuitemradio", "Save bandwidth")
    await _choose(person, "menuitemcheckbox", "Sound")
    assert "image/webp" in streams.asked[-1]["image"]
    assert "audio" not in streams.asked[-1]
    await page.reload()
    await person.see_picture()
    assert "image/webp" in streams.asked[-1]["image"], "the choice is remembered"
    assert "audio" not in streams.asked[-1]

    await person.open_terminal()
    await person.type_command("while :; do echo $RANDOM $RANDOM; done")
    await eventually(lambda: streams.brought("10.image/webp"), "pictures in WebP")


async def test_a_sharp_picture_by_vnc(page: Page, beamdesk: GatewayProcess) -> None:
    person = DesktopPerson(page, beamdesk)
    await person.new_desktop("Small print")
    streams = Streams(page)
    await _choose(person, "menuitemradio", "Sharp")
    await eventually(lambda: streams.told(_asks_for_quality(9)), "the finest JPEG to be asked for")
    await _choose(person, "menuitemradio", "Save bandwidth")
    await eventually(lambda: streams.told(_asks_for_quality(2)), "a coarser JPEG to be asked for")


def _asks_for_quality(level: int) -> Callable[[bytes], bool]:
    """Whether a message is SetEncodings with the pseudo-encoding of that level (RFB, -32 to -23)."""

    def is_it(message: bytes) -> bool:
        encodings = [message[at : at + 4] for at in range(4, len(message), 4)]
        return message[:1] == b"\x02" and (level - 32).to_bytes(4, "big", signed=True) in encodings

    return is_it


async def _choose(person: DesktopPerson, role: str, name: str) -> None:
    await person.show_toolbar()
    await person.toolbar_button("More").click()
    item = person.page.get_by_role(role, name=name)  # type: ignore[arg-type]  # one of ARIA's roles
    await item.click()
    picture = person.page.get_by_test_id("desktop-picture")
    await expect(picture).to_have_attribute("data-phase", "connected", timeout=40_000)
    await person.see_picture()
