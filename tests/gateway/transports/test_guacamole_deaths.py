"""What dies, what viewers are told, and that coming again works."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import psutil
import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.clock import SystemClock
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.service import LocalGuacd
from support.guacamole_world import GuacamoleWorld, Viewer, after_this, open_world
from support.guacd import Guacd
from support.guacd_world import children_of, until
from support.ports import free_port
from support.scripted_guacd import PARAMETERS, GuacdUser, scripted_guacd
from support.sshd import Sshd
from support.xtigervnc import Xtigervnc

pytestmark = [pytest.mark.desktop, pytest.mark.guacd]


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


MACHINE = Target(host="desktop.lab", port=5900)


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


async def test_guacd_is_killed_and_the_next_attempt_finds_the_new_one(guacd_launcher: Path, target: Target):
    tasks, own = BackgroundTasks(), LocalGuacd(guacd_launcher, SystemClock())
    tasks.start("guacd", own.run)
    try:
        await until(lambda: own.pid)
        killed = own.pid
        async with open_world(own.address) as lane:
            async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as guest:
                await owner.until_picture()
                await guest.until_picture()
                children = psutil.Process(killed).children()
                os.kill(killed, signal.SIGKILL)
                assert (await owner.until_closed())[1] == told(EndReason.RELAY_FAILED)
                assert (await guest.until_closed())[1] == told(EndReason.RELAY_FAILED)
            await until(lambda: own.pid not in {None, killed})
            async with lane.viewer(target) as again:
                await again.until_picture()
        await until(lambda: not any(child.is_running() for child in children))
    finally:
        await tasks.stop()


@pytest.mark.parametrize("asked", ["select", "connect"])
async def test_a_guacd_that_does_not_answer_is_given_up(asked: str, monkeypatch: pytest.MonkeyPatch):
    """Whichever step it does not answer; afterwards it does."""
    monkeypatch.setattr("beamdesk.gateway.upstreams.guacd.connection.STEP_SECONDS", 0.3)
    is_well = False

    async def falls_silent(user: GuacdUser) -> None:
        if is_well:
            await user.show()
            return
        await user.hear("select")
        if asked == "connect":
            user.write(Instruction.of("args", "VERSION_1_3_0", *PARAMETERS))

    async with scripted_guacd(falls_silent) as guacd, open_world(guacd.address) as lane:
        async with lane.viewer(MACHINE) as viewer:
            assert (await viewer.until_closed())[1] == told(EndReason.RELAY_FAILED)
        is_well = True
        async with lane.viewer(MACHINE) as again:
            await again.until_picture()


async def test_a_join_that_guacd_does_not_answer_ends_its_viewer_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("beamdesk.gateway.upstreams.guacd.connection.STEP_SECONDS", 0.3)
    joins = count(1)

    async def answers_the_first_join(user: GuacdUser) -> None:
        await user.hear("select")
        if not user.joins or next(joins) == 1:
            await user.show()

    async with (
        scripted_guacd(answers_the_first_join) as guacd,
        open_world(guacd.address) as lane,
        lane.viewer(MACHINE) as first,
    ):
        await first.until_picture()
        async with lane.viewer(MACHINE) as second:
            assert (await second.until_closed())[1] == told(EndReason.RELAY_FAILED)
        await after_this(first)


async def test_a_protocol_that_guacd_has_no_plug_in_for(guacd: Guacd, monkeypatch: pytest.MonkeyPatch):
    """guacd 1.3 never answers its `select`."""
    lane_of = "beamdesk.gateway.upstreams.guacd"
    monkeypatch.setattr(f"{lane_of}.connection.STEP_SECONDS", 1.0)
    monkeypatch.setattr(f"{lane_of}.keepers.PROTOCOLS", {"telnet": "kubernetes"})
    machine = Target(host="127.0.0.1", port=free_port(), protocol="telnet")
    async with open_world(guacd) as lane, lane.viewer(machine) as viewer:
        assert (await viewer.until_closed())[1] == told(EndReason.RELAY_FAILED)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (519, EndReason.DESKTOP_UNREACHABLE),
        (514, EndReason.DESKTOP_UNREACHABLE),
        (515, EndReason.DESKTOP_ENDED),
        (769, EndReason.DESKTOP_REFUSED),
        (771, EndReason.DESKTOP_REFUSED),
        (521, EndReason.DESKTOP_TAKEN_OVER),
        (512, EndReason.DESKTOP_FAULT),
        (99999, EndReason.DESKTOP_FAULT),
    ],
)
@pytest.mark.parametrize("when", ["instead of args", "instead of ready", "after ready"])
async def test_guacd_refuses(when: str, status: int, reason: EndReason):
    error = Instruction.of("error", "Füße; 4.nope,😀", status)

    async def refuses(user: GuacdUser) -> None:
        match when:
            case "instead of args":
                await user.hear("select")
                user.write(error)
            case "instead of ready":
                await user.shake_hands(error)
            case _:
                await user.shake_hands()
                user.write(error)

    async with scripted_guacd(refuses) as guacd, open_world(guacd.address) as lane:
        for role in (Role.OWNER, Role.GUEST):
            async with lane.viewer(MACHINE, role=role) as viewer:
                assert (await viewer.until_closed())[1] == told(reason)


@pytest.mark.parametrize("when", ["at once", "after select", "after connect", "after ready"])
async def test_guacd_hangs_up(when: str):
    async def hangs_up(user: GuacdUser) -> None:
        match when:
            case "after select":
                await user.hear("select")
            case "after connect":
                await user.hear("select")
                user.write(Instruction.of("args", "VERSION_1_3_0", *PARAMETERS))
                await user.hear("connect")
            case "after ready":
                await user.shake_hands()
        user.close()

    async with (
        scripted_guacd(hangs_up) as guacd,
        open_world(guacd.address) as lane,
        lane.viewer(MACHINE) as viewer,
    ):
        assert (await viewer.until_closed())[1] == told(EndReason.RELAY_FAILED)


@pytest.mark.parametrize("nonsense", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"9999.x", b"\0" * 100, b"3.\xff"])
@pytest.mark.parametrize("drawing", [False, True], ids=["in the handshake", "while it draws"])
async def test_what_is_no_guacd(nonsense: bytes, *, drawing: bool):
    async def talks_nonsense(user: GuacdUser) -> None:
        if drawing:
            await user.show()
        user.write_bytes(nonsense)

    async with (
        scripted_guacd(talks_nonsense) as guacd,
        open_world(guacd.address) as lane,
        lane.viewer(MACHINE) as viewer,
    ):
        assert (await viewer.until_closed())[1] == told(EndReason.DESKTOP_FAULT)


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
