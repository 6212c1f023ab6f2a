"""SSH and RDP through a real guacd, to a real OpenSSH server and a real xrdp."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.guacd.connection import GuacdConnection
from beamdesk.gateway.upstreams.guacd.keeper import Keeper
from beamdesk.gateway.upstreams.guacd.keepers import Keepers
from support.guac_screen import GuacScreen
from support.guacd import Guacd
from support.guacd_world import SMALL, Listener, Recorder, running_keepers, ticket_for, until
from support.sshd import Sshd
from support.xrdp import Xrdp

pytestmark = pytest.mark.guacd

RETURN, SHIFT = 0xFF0D, 0xFFE1
COLOUR = (32, 128, 192)


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with Sshd(tmp_path) as running:
        yield running


@pytest.fixture
def xrdp(tmp_path: Path) -> Iterator[Xrdp]:
    with Xrdp(tmp_path) as running:
        yield running


@pytest.fixture
async def rdp_keepers(guacd_with_rdp: Guacd) -> AsyncIterator[Keepers]:
    async with running_keepers(guacd_with_rdp) as running:
        yield running


def ssh_target(sshd: Sshd, **changes: object) -> Target:
    fields = {
        "host": "127.0.0.1",
        "port": sshd.port,
        "protocol": "ssh",
        "username": sshd.user,
        "parameters": {"private-key": "${KEY}"},
        "tokens": {"KEY": sshd.private_key},
    }
    return Target(**{**fields, **changes})


def rdp_target(xrdp: Xrdp) -> Target:
    return Target(
        host="127.0.0.1",
        port=xrdp.port,
        protocol="rdp",
        username="ada",
        password="any",
        parameters={"security": "tls", "ignore-cert": "true"},
    )


@asynccontextmanager
async def looking(
    keepers: Keepers, target: Target
) -> AsyncIterator[tuple[Keeper, GuacdConnection, Recorder, Listener]]:
    listener, recorder = Listener(), Recorder()
    async with (
        keepers.held(ticket_for(target), listener, SMALL) as keeper,
        keeper.joined(SMALL, {}) as join,
    ):
        join.relay_to(recorder)
        await until(lambda: recorder.count("sync"))
        yield keeper, join, recorder, listener


def type_text(connection: GuacdConnection, text: str) -> None:
    for letter in text:
        press(connection, RETURN if letter == "\n" else ord(letter))


def press(connection: GuacdConnection, keysym: int) -> None:
    for pressed in (1, 0):
        connection.send(Instruction.of("key", keysym, pressed))


async def test_a_command_typed_over_ssh_is_done_on_the_machine(sshd: Sshd, keepers: Keepers):
    proof = sshd.home / "proof"
    async with looking(keepers, ssh_target(sshd)) as (_, join, recorder, _):
        await until(lambda: "Accepted publickey" in sshd.log)
        type_text(join, "tty > terminal; echo typed > draft; mv draft proof\n")
        await until(proof.exists)
        assert proof.read_text() == "typed\n"
        assert (sshd.home / "terminal").read_text().startswith("/dev/pts/")
        screen = GuacScreen(recorder.received)
        before = screen.picture().tobytes()
        type_text(join, "echo seen\n")
        await until(lambda: screen.picture().tobytes() != before)


async def test_what_may_not_type_over_ssh_types_nothing(sshd: Sshd, keepers: Keepers):
    async with looking(keepers, ssh_target(sshd)) as (keeper, owner, _, _):
        await until(lambda: "Accepted publickey" in sshd.log)
        async with keeper.joined(SMALL, {"read-only": "true"}) as guest:
            guest.relay_to(recorder := Recorder())
            await until(lambda: recorder.count("sync"))
            type_text(guest, "echo intruder >> who\n")
            # A user that says so is let go, after all that it said before.
            guest.send(Instruction("disconnect"))
            await until(lambda: recorder.errors)
        type_text(owner, "echo owner >> who; mv who done\n")
        await until((sshd.home / "done").exists)
        assert (sshd.home / "done").read_text() == "owner\n"


async def test_ssh_that_ends_ends_the_connection(sshd: Sshd, keepers: Keepers):
    async with looking(keepers, ssh_target(sshd)) as (keeper, join, _, listener):
        await until(lambda: "Accepted publickey" in sshd.log)
        type_text(join, "exit\n")
        assert await keeper.ended() is EndReason.DESKTOP_ENDED
        assert listener.reasons == [EndReason.DESKTOP_ENDED]


async def test_a_key_that_opens_nothing_is_a_refusal(sshd: Sshd, keepers: Keepers):
    target = ssh_target(sshd, tokens={"KEY": sshd.host_key})
    async with keepers.held(ticket_for(target), Listener(), SMALL) as keeper:
        assert await keeper.ended() is EndReason.DESKTOP_REFUSED


@pytest.fixture
def coloured(xrdp: Xrdp) -> Iterator[Xrdp]:
    """Its desktop is covered by one window of COLOUR."""
    colour = "#{:02x}{:02x}{:02x}".format(*COLOUR)
    command = ["xterm", "-bg", colour, "-fg", colour, "-geometry", "200x100+0+0", "-e", "cat"]
    with subprocess.Popen(command, env=xrdp.desktop.environment(), stderr=subprocess.DEVNULL) as xterm:
        yield xrdp
        xterm.terminate()


@pytest.mark.desktop
async def test_an_rdp_desktop_is_seen_and_driven(coloured: Xrdp, rdp_keepers: Keepers):
    desktop = coloured.desktop
    async with looking(rdp_keepers, rdp_target(coloured)) as (_, join, recorder, _):
        screen = GuacScreen(recorder.received)
        await until(lambda: is_mostly(COLOUR, screen))
        assert screen.picture().size == (SMALL.width, SMALL.height)
        join.send(Instruction.of("key", SHIFT, 1))
        await until(desktop.pressed_keycodes)
        join.send(Instruction.of("key", SHIFT, 0))
        await until(lambda: not desktop.pressed_keycodes())
        join.send(Instruction.of("mouse", 123, 45, 1))
        await until(lambda: desktop.pointer() == (123, 45, 1))
        join.send(Instruction.of("mouse", 123, 45, 0))
        await until(lambda: desktop.pointer().buttons == 0)


def is_mostly(colour: tuple[int, int, int], screen: GuacScreen) -> bool:
    """Whether most of the picture has *colour*, but for what lossy formats make of it."""
    sample = screen.picture().resize((64, 48), 0)
    pixels = [sample.getpixel((x, y)) for x in range(64) for y in range(48)]
    near = [all(abs(one - other) <= 8 for one, other in zip(pixel, colour, strict=True)) for pixel in pixels]
    return sum(near) > len(near) // 2


@pytest.mark.desktop
async def test_an_rdp_desktop_that_dies_ends_the_connection(xrdp: Xrdp, rdp_keepers: Keepers):
    async with looking(rdp_keepers, rdp_target(xrdp)) as (keeper, _, _, listener):
        xrdp.stop()
        assert await keeper.ended() in {EndReason.DESKTOP_ENDED, EndReason.DESKTOP_UNREACHABLE}
        assert len(listener.reasons) == 1
