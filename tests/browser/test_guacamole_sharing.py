"""Several people on one desktop by way of guacd: who sees what, who may do what, who waits for whom."""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import expect

from support.desktop_person import eventually
from support.gateway_process import GatewayProcess
from support.guacamole_person import GuacamolePerson, SignIn, pixels_apart
from support.lent_machine import Lend, by_vnc, shell_on, vnc_desktop
from support.stalled_browser import stalled_browser
from support.xtigervnc import Xtigervnc

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]

RESTLESS = "while :; do head -c 1500 /dev/urandom | base64 -w 79; sleep 0.1; done"
"""Fills a terminal of 80 columns with something new ten times a second."""

COUNT_FRAMES = """
    window.framesDrawn = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (message) {
        if (typeof message === "string" && message.startsWith("4.sync,")) window.framesDrawn += 1;
        return send.call(this, message);
    };
"""
"""Guacamole's client acknowledges a frame when it has drawn it."""

MEASURED_SECONDS = 5


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Xtigervnc]:
    with vnc_desktop(tmp_path) as running:
        yield running


async def test_a_guest_sees_the_same_and_changes_nothing(
    desktop: Xtigervnc, lend: Lend, sign_in: SignIn, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with shell_on(desktop, home):
        server = lend(by_vnc(desktop))
        owner = await sign_in(server, server.add_person("marie"))
        await owner.open_machine()
        await owner.see_picture()
        guest = await sign_in(server)
        await guest.open_shared()
        await eventually(lambda: _see_the_same(owner, guest), "the same picture for both")
        await expect(guest.page.get_by_text("Watching only")).to_be_visible()
        assert len(server.guacd_connections()) == 1

        before = await owner.picture()
        await owner.click(200, 150)
        await guest.click(300, 200)
        await guest.type_command("echo guest > said")
        await owner.type_command("echo owner > draft; mv -n draft said; touch done")
        await eventually(lambda: _exists(home / "done"), "what the owner typed")
        assert (home / "said").read_text() == "owner\n"

        pointer = desktop.pointer()
        await guest.page.mouse.move(100, 100, steps=4)
        await guest.page.mouse.down()
        await owner.type_command("clear; touch again")
        await eventually(lambda: _exists(home / "again"), "what the owner typed then")
        assert desktop.pointer() == pointer

        await eventually(
            lambda: _see_the_same(owner, guest, other_than=before),
            "a picture of what the owner did, for both",
        )


async def test_who_goes_lets_go_of_keys_and_buttons(desktop: Xtigervnc, lend: Lend, sign_in: SignIn) -> None:
    server = lend(by_vnc(desktop))
    stays = await sign_in(server)
    await stays.open_machine()
    goes = GuacamolePerson(await stays.page.context.new_page(), server)
    await goes.page.goto(stays.page.url)
    await goes.see_connected()
    await goes.click(300, 200)
    await goes.page.keyboard.down("Shift")
    await goes.page.mouse.down()
    await eventually(lambda: _holds(desktop, keys=1, buttons=1), "Shift and a button on the machine")

    await goes.page.close()
    await eventually(lambda: _holds(desktop, keys=0, buttons=0), "nothing that is held on the machine")
    assert len(server.guacd_connections()) == 1


async def test_a_viewer_that_takes_nothing_holds_up_nobody(
    desktop: Xtigervnc, lend: Lend, sign_in: SignIn, tmp_path: Path
) -> None:
    with shell_on(desktop, tmp_path / "home", RESTLESS, geometry="80x24+0+0"):
        server = lend(by_vnc(desktop))
        owner = await sign_in(server, server.add_person("marie"), script=COUNT_FRAMES)
        await owner.open_machine()
        guest = await sign_in(server, script=COUNT_FRAMES)
        await guest.open_shared()
        await owner.see_picture()
        await guest.see_picture()
        undisturbed = await _measure(owner, guest)
        with stalled_browser(server, await owner.stream_address("guest")):
            began = await _begin(owner, guest)
            await eventually(lambda: _is_left_behind(server), "a viewer that is left behind", seconds=40)
            await asyncio.sleep(MEASURED_SECONDS)
            beside = await _rates_since(began, owner, guest)
        for was, now in zip(undisturbed, beside, strict=True):
            assert was > 1, "frames a second"
            assert now > was / 2


@dataclass(frozen=True)
class Mark:
    """How many frames each had drawn at a moment."""

    at: float
    frames: tuple[int, ...]


async def _begin(*people: GuacamolePerson) -> Mark:
    frames = [int(await person.page.evaluate("framesDrawn")) for person in people]
    return Mark(time.monotonic(), tuple(frames))


async def _rates_since(mark: Mark, *people: GuacamolePerson) -> list[float]:
    """Frames a second."""
    now = await _begin(*people)
    seconds = now.at - mark.at
    return [(after - before) / seconds for before, after in zip(mark.frames, now.frames, strict=True)]


async def _measure(*people: GuacamolePerson) -> list[float]:
    mark = await _begin(*people)
    await asyncio.sleep(MEASURED_SECONDS)
    return await _rates_since(mark, *people)


async def _see_the_same(
    one: GuacamolePerson, other: GuacamolePerson, *, other_than: Image.Image | None = None
) -> bool:
    pictures = await one.picture(), await other.picture()
    is_new = other_than is None or pixels_apart(other_than, pictures[0]) > 0.01
    return is_new and pixels_apart(*pictures) < 0.001


async def _is_left_behind(server: GatewayProcess) -> bool:
    return bool(re.search("picture over.*does not keep up", server.log))


async def _holds(desktop: Xtigervnc, *, keys: int, buttons: int) -> bool:
    return len(desktop.pressed_keycodes()) == keys and desktop.pointer().buttons == buttons


async def _exists(path: Path) -> bool:
    return path.exists()
