"""What dies, what viewers are told, and that coming again works."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from support.guacamole_world import GuacamoleWorld, Viewer, open_world
from support.guacd import Guacd
from support.guacd_world import children_of, until
from support.ports import free_port
from support.sshd import Sshd
from support.xtigervnc import Xtigervnc

pytestmark = [pytest.mark.desktop, pytest.mark.guacd]


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


def told(reason: EndReason) -> str:
    return str(reason.guacamole_status)


async def test_guacds_child_is_killed(lane: GuacamoleWorld, guacd: Guacd, target: Target):
    before = children_of(guacd)
    async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as guest:
        await owner.until_picture()
        await guest.until_picture()
        (child,) = children_of(guacd) - before
        os.kill(child, signal.SIGKILL)
        assert (await owner.until_closed())[1] == told(EndReason.RELAY_FAILED)
        assert (await guest.until_closed())[1] == told(EndReason.RELAY_FAILED)
    async with lane.viewer(target) as again:
        await again.until_picture()


async def test_the_desktop_is_killed(lane: GuacamoleWorld, tmp_path: Path):
    with Xtigervnc(tmp_path, "-SecurityTypes", "None") as desktop:
        target = Target(unix_path=str(desktop.path))
        async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as guest:
            await owner.until_picture()
            await guest.until_picture()
            desktop.kill()
            assert (await owner.until_closed())[1] == told(EndReason.DESKTOP_ENDED)
            assert (await guest.until_closed())[1] == told(EndReason.DESKTOP_ENDED)
        async with lane.viewer(target) as again:
            assert (await again.until_closed())[1] == told(EndReason.DESKTOP_UNREACHABLE)


async def test_a_frozen_guacd_is_given_up(guacd: Guacd, target: Target, monkeypatch: pytest.MonkeyPatch):
    """A network that swallows everything looks like this."""
    monkeypatch.setattr("beamdesk.gateway.upstreams.guacd.connection.SILENCE_SECONDS", 3.0)
    before = children_of(guacd)
    async with open_world(guacd) as lane, lane.viewer(target) as viewer:
        await viewer.until_picture()
        (child,) = children_of(guacd) - before
        frozen = psutil.Process(child)
        frozen.suspend()
        try:
            assert (await viewer.until_closed())[1] == told(EndReason.RELAY_FAILED)
        finally:
            frozen.resume()


async def test_nobody_answers_for_guacd(target: Target):
    async with open_world(GuacdAddress("127.0.0.1", free_port())) as lane, lane.viewer(target) as viewer:
        assert (await viewer.until_closed())[1] == told(EndReason.RELAY_FAILED)


async def test_a_browser_that_vanishes_leaves_the_desktop_for_the_next(
    lane: GuacamoleWorld, guacd: Guacd, target: Target
):
    before = children_of(guacd)
    async with lane.connected(target) as websocket:
        await websocket.receive()
        await until(lambda: children_of(guacd) - before)
        kept = children_of(guacd) - before
        websocket._response.connection.transport.abort()
    await until(lambda: not lane.sessions.viewer_count)
    async with lane.viewer(target) as again:
        await again.until_picture()
        assert children_of(guacd) - before == kept


async def test_a_shell_that_is_left_is_an_end(guacd: Guacd, tmp_path: Path):
    with Sshd(tmp_path) as machine:
        shell = Target(
            host="127.0.0.1",
            port=machine.port,
            username=machine.user,
            protocol="ssh",
            parameters={"private-key": machine.private_key.replace("$", "$$")},
        )
        async with open_world(guacd) as lane, lane.viewer(shell) as viewer:
            await viewer.until_picture()
            answer = machine.home / "answer"
            while not answer.exists():  # what is typed before the shell is there is lost
                await type_line(viewer, "echo $((40+2)) > answer")
                await asyncio.sleep(0.2)
            await until(lambda: answer.read_text() == "42\n")
            await type_line(viewer, "exit")
            assert (await viewer.until_closed())[1] == told(EndReason.DESKTOP_ENDED)


async def test_a_shell_refuses_a_wrong_key(guacd: Guacd, tmp_path: Path):
    with Sshd(tmp_path) as machine:
        shell = Target(
            host="127.0.0.1",
            port=machine.port,
            username=machine.user,
            protocol="ssh",
            parameters={"private-key": machine.host_key},
        )
        async with open_world(guacd) as lane, lane.viewer(shell) as viewer:
            status = (await viewer.until_closed())[1]
            assert status in {told(EndReason.DESKTOP_REFUSED), told(EndReason.DESKTOP_UNREACHABLE)}


async def type_line(viewer: Viewer, text: str) -> None:
    for letter in text:
        await viewer.say("key", ord(letter), 1)
        await viewer.say("key", ord(letter), 0)
    await viewer.say("key", 0xFF0D, 1)
    await viewer.say("key", 0xFF0D, 0)
