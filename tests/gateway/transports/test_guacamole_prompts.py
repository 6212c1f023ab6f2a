"""Machines that ask for a password, and who may tell it to them."""

import base64
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.guacamole_world import GuacamoleWorld, Viewer, after_this, open_world
from support.guacd import Guacd
from support.guacd_world import password_file, until
from support.scripted_guacd import GuacdUser, scripted_guacd
from support.xtigervnc import Xtigervnc

# What differs between loops is tested with lighter machines.
pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

PASSWORD = "secret12"
KEEPER = "beamdesk.gateway.upstreams.guacd.keeper"
MACHINE = Target(host="desktop.lab", port=5900)


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Target]:
    """A desktop with a password that the gateway does not know."""
    options = "-SecurityTypes", "VncAuth", "-PasswordFile", str(password_file(tmp_path, PASSWORD))
    with Xtigervnc(tmp_path, *options) as desktop:
        yield Target(unix_path=str(desktop.path))


@pytest.fixture
def silent_machine() -> Iterator[Target]:
    """The system takes connections for it, and that is all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield Target(host="127.0.0.1", port=listening.getsockname()[1])


def told(reason: EndReason) -> str:
    return str(reason.guacamole_status)


def is_asked(viewer: Viewer) -> bool:
    return Instruction.of("required", "password") in viewer.received


async def answer(viewer: Viewer, value: str, name: str = "password") -> None:
    await viewer.send(
        Instruction.of("argv", 1, "text/plain", name),
        Instruction.of("blob", 1, base64.b64encode(value.encode()).decode()),
        Instruction.of("end", 1),
    )


@pytest.mark.guacd
@pytest.mark.desktop
async def test_the_right_password_opens_the_desktop(lane: GuacamoleWorld, locked: Target):
    async with lane.viewer(locked) as viewer:
        await viewer.until(is_asked)
        assert not viewer.all("sync")
        await answer(viewer, PASSWORD)
        await viewer.until_picture()


@pytest.mark.guacd
@pytest.mark.desktop
async def test_a_wrong_password_is_refused_and_the_next_attempt_asks_again(
    lane: GuacamoleWorld, locked: Target
):
    async with lane.viewer(locked) as viewer:
        await viewer.until(is_asked)
        await answer(viewer, "wrong")
        # guacd 1.3 may close before it has said why.
        assert (await viewer.until_closed())[1] in {
            told(EndReason.DESKTOP_REFUSED),
            told(EndReason.DESKTOP_UNREACHABLE),
        }
    async with lane.viewer(locked) as again:
        await again.until(is_asked)
        await answer(again, PASSWORD)
        await again.until_picture()


@pytest.mark.guacd
@pytest.mark.desktop
@pytest.mark.parametrize("role", [Role.USER, Role.GUEST, Role.SUPPORT, Role.ADMIN, Role.RECORDER])
async def test_others_are_not_asked_and_do_not_answer(lane: GuacamoleWorld, locked: Target, role: Role):
    async with lane.viewer(locked) as owner, lane.viewer(locked, role=role) as other:
        await owner.until(is_asked)
        await answer(other, PASSWORD)
        await other.until(lambda viewer: any(i.arguments[2] == "771" for i in viewer.all("ack")))
        assert not is_asked(other)
        await after_this(owner)
        assert is_asked(owner)
        assert not owner.all("sync")
        await answer(owner, PASSWORD)
        await owner.until_picture()
        await other.until_picture()


@pytest.mark.guacd
@pytest.mark.desktop
async def test_who_comes_later_is_asked_too(lane: GuacamoleWorld, locked: Target):
    async with lane.viewer(locked) as first:
        await first.until(is_asked)
    async with lane.viewer(locked, role=Role.CO_OWNER) as second:
        await second.until(is_asked)
        await answer(second, PASSWORD)
        await second.until_picture()


async def asks(user: GuacdUser) -> None:
    await user.hear("select")
    await user.shake_hands(*([] if user.joins else [Instruction.of("required", "password")]))
    if user.joins:
        user.write(Instruction.of("sync", 1))
    else:
        await user.hear("argv")


async def test_only_what_is_asked_for_is_told_and_only_once():
    async with (
        scripted_guacd(asks) as guacd,
        open_world(guacd.address) as lane,
        lane.viewer(MACHINE) as viewer,
    ):
        await viewer.until(is_asked)
        for name in ("hostname", "port", "command", "password ", "PASSWORD"):
            await answer(viewer, "decoy", name)
        await answer(viewer, "Füße 😀")
        await answer(viewer, "again")
        await after_this(viewer)
        (owner,) = guacd.owners
        await until(lambda: owner.all("end"))
        assert [i.arguments[2] for i in owner.all("argv")] == ["password"]
        assert [base64.b64decode(i.arguments[1]).decode() for i in owner.all("blob")] == ["Füße 😀"]


async def test_a_question_that_nobody_answers_is_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"{KEEPER}.ANSWER_SECONDS", 1.0)
    async with (
        scripted_guacd(asks) as guacd,
        open_world(guacd.address) as lane,
        lane.viewer(MACHINE) as viewer,
    ):
        await viewer.until(is_asked)
        assert (await viewer.until_closed())[1] == told(EndReason.DESKTOP_REFUSED)


async def test_a_question_outlasts_the_time_for_a_first_picture(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"{KEEPER}.FIRST_PICTURE_SECONDS", 0.1)
    async with (
        scripted_guacd(asks) as guacd,
        open_world(guacd.address) as lane,
        lane.viewer(MACHINE) as viewer,
    ):
        await viewer.until(is_asked)
        (owner,) = guacd.owners
        await until(lambda: len(owner.all("nop")) >= 3)  # the gateway's rounds
        assert viewer.close is None
        await answer(viewer, "secret")
        # And from then on it is the machine that takes too long.
        assert (await viewer.until_closed())[1] == told(EndReason.DESKTOP_UNREACHABLE)


@pytest.mark.guacd
@pytest.mark.parametrize("protocol", ["rfb", "ssh"])
async def test_a_machine_that_takes_the_connection_and_says_nothing(
    lane: GuacamoleWorld, silent_machine: Target, protocol: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(f"{KEEPER}.FIRST_PICTURE_SECONDS", 1.0)
    machine = replace(silent_machine, protocol=protocol, username="ada", password="any")
    async with lane.viewer(machine) as viewer:
        assert (await viewer.until_closed())[1] == told(EndReason.DESKTOP_UNREACHABLE)
