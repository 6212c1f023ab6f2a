"""Clipboards on the Guacamole lane: any script, in the directions that the plan allows."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Action, Role
from beamdesk.gateway.tickets import Target
from support.guacamole_world import GuacamoleWorld, Viewer, after_this, open_world
from support.guacd import Guacd
from support.guacd_world import until
from support.scripted_guacd import ScriptedGuacd
from support.selections import copied, owning, pasted
from support.sshd import Sshd
from support.xtigervnc import Xtigervnc

# What differs between loops is tested with lighter machines.
pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

TEXT = "Füße 日本語 😀𝄞"
LATIN = "Füße; 4.nope,1.x;"
"""guacd 1.3 knows RFB's first clipboard only, which is in ISO 8859-1 (RFC 6143, section 7.5.6)."""

MACHINE = Target(host="desktop.lab", port=5900)
CONTROL, SHIFT, RETURN = 0xFFE3, 0xFFE1, 0xFF0D

NO_COPYING = frozenset({Action.CLIPBOARD_FROM_DESKTOP})
NO_PASTING = frozenset({Action.CLIPBOARD_TO_DESKTOP})


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("shared-sshd")) as running:
        yield running


@pytest.fixture
def machine(shared_machine: Sshd) -> Sshd:
    """With an empty home."""
    for path in shared_machine.home.iterdir():
        path.unlink()
    return shared_machine


CLIPBOARD = [
    Instruction.of("clipboard", 1, "text/plain"),
    Instruction.of("blob", 1, base64.b64encode(TEXT.encode()).decode()),
    Instruction.of("end", 1),
]


@pytest.mark.parametrize(
    ("ticket", "arrives"),
    [
        ({}, True),
        ({"role": Role.USER}, True),
        ({"role": Role.GUEST}, False),
        ({"withheld": NO_COPYING}, False),
        ({"withheld": NO_PASTING}, True),
    ],
    ids=["owner", "user", "guest", "withheld", "other direction withheld"],
)
async def test_who_gets_the_machines_clipboard(
    scripted: ScriptedGuacd, ticket: dict[str, object], *, arrives: bool
):
    async with open_world(scripted.address) as lane, lane.viewer(MACHINE, **ticket) as viewer:
        await viewer.until_picture()
        (join,) = scripted.joined
        join.write(*CLIPBOARD, Instruction.of("sync", 2))
        await viewer.until(lambda v: Instruction.of("sync", 2) in v.received)
        assert [i for i in viewer.received if i in CLIPBOARD] == (CLIPBOARD if arrives else [])
        for user in scripted.users:
            withheld = ticket.get("withheld")
            assert user.parameters["disable-copy"] == ("true" if withheld == NO_COPYING else "")
            assert user.parameters["disable-paste"] == ("true" if withheld == NO_PASTING else "")


def shell_of(machine: Sshd) -> Target:
    return Target(
        host="127.0.0.1",
        port=machine.port,
        username=machine.user,
        protocol="ssh",
        parameters={"private-key": "${KEY}"},
        tokens={"KEY": machine.private_key},
    )


async def at_a_prompt(viewer: Viewer, machine: Sshd) -> None:
    """Until the shell does what it is told."""
    await viewer.until_picture()
    while not (machine.home / "listens").exists():  # what is typed before the shell is there is lost
        await type_line(viewer, "touch listens")
        await asyncio.sleep(0.2)


async def type_line(viewer: Viewer, text: str) -> None:
    for keysym in [*map(ord, text), RETURN]:
        await press(viewer, keysym)


async def press(viewer: Viewer, *keysyms: int) -> None:
    """All of them down, then up again."""
    for keysym in keysyms:
        await viewer.say("key", keysym, 1)
    for keysym in reversed(keysyms):
        await viewer.say("key", keysym, 0)


@pytest.mark.guacd
@pytest.mark.parametrize("withheld", [frozenset(), NO_COPYING, NO_PASTING], ids=["all", "copying", "pasting"])
async def test_pasting_into_a_terminal(lane: GuacamoleWorld, machine: Sshd, withheld: frozenset[Action]):
    async with lane.viewer(shell_of(machine), withheld=withheld) as viewer:
        await at_a_prompt(viewer, machine)
        await type_line(viewer, "cat > pasted; touch done")
        await viewer.paste(TEXT)
        await press(viewer, CONTROL, SHIFT, ord("V"))
        await press(viewer, RETURN)
        await press(viewer, CONTROL, ord("d"))
        await until((machine.home / "done").exists)
    assert (machine.home / "pasted").read_text() == ("" if withheld == NO_PASTING else TEXT) + "\n"


@pytest.mark.guacd
@pytest.mark.parametrize("withheld", [frozenset(), NO_COPYING, NO_PASTING], ids=["all", "copying", "pasting"])
async def test_copying_from_a_terminal(lane: GuacamoleWorld, machine: Sshd, withheld: frozenset[Action]):
    (machine.home / "text").write_text(TEXT)
    async with lane.viewer(shell_of(machine), withheld=withheld) as viewer:
        await at_a_prompt(viewer, machine)
        await type_line(viewer, "clear; cat text; touch shown; read end")
        await until((machine.home / "shown").exists)
        for number in range(100):
            # The whole first line, with the button held.
            for x, mask in ((0, 0), (0, 1), (300, 1), (600, 1), (600, 0)):
                await viewer.say("mouse", x, 3, mask)
            await after_this(viewer, number)
            if any(map(str.strip, copied(viewer))) or (withheld == NO_COPYING and number == 20):
                break
            await asyncio.sleep(0.05)  # the terminal draws when it has time
        found = {text.strip() for text in copied(viewer)} - {""}
        assert found == (set() if withheld == NO_COPYING else {TEXT})


@pytest.mark.guacd
@pytest.mark.desktop
async def test_a_vnc_desktops_clipboard_goes_both_ways(
    lane: GuacamoleWorld, desktop: Xtigervnc, target: Target
):
    async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as guest:
        for viewer in (owner, guest):
            await viewer.until_picture()
        await owner.paste(LATIN)
        await until(lambda: pasted(desktop) == LATIN)
        with owning(desktop, LATIN[::-1]):
            await owner.until(lambda viewer: LATIN[::-1] in copied(viewer))
        await after_this(guest)
        assert not guest.all("clipboard")


@pytest.mark.guacd
@pytest.mark.desktop
async def test_a_vnc_desktops_clipboard_goes_one_way_where_the_other_is_withheld(
    lane: GuacamoleWorld, desktop: Xtigervnc, target: Target
):
    async with lane.viewer(target, instance="a", withheld=NO_PASTING) as viewer:
        await viewer.until_picture()
        with owning(desktop, "from the desktop"):
            await viewer.until(lambda v: copied(v) == ["from the desktop"])
            await viewer.paste("to the desktop")
            await viewer.until(lambda v: any(i.arguments[2] == "771" for i in v.all("ack")))
            assert pasted(desktop) == "from the desktop"
    async with lane.viewer(target, instance="b", withheld=NO_COPYING) as viewer:
        await viewer.until_picture()
        await viewer.paste("to the desktop")
        await until(lambda: pasted(desktop) == "to the desktop")
        with owning(desktop, "kept back"):
            await viewer.say("mouse", 77, 78, 0)
            await until(lambda: desktop.pointer()[:2] == (77, 78))
            await after_this(viewer)
            assert not viewer.all("clipboard")
