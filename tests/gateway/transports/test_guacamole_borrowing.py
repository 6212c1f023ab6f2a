"""One viewer is shown what the keeper is told: nothing is lost, and nobody gets more than by a join."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Action, Role
from beamdesk.gateway.tickets import InstanceId, Target
from beamdesk.gateway.transports.guacamole_outbox import MOST_QUEUED
from support.drawn_desktop import DrawnDesktop, drawn_desktop, numbers_shown
from support.guacamole_world import GuacamoleWorld, Viewer, after_this, open_world, stalled
from support.guacd_world import until
from support.scripted_guacd import GuacdUser

MACHINE = Target(host="desktop.lab", port=5900)
SHIFT = 0xFFE1
CLIPBOARD = [
    Instruction.of("clipboard", 0, "text/plain"),
    Instruction.of("blob", 0, "c2VjcmV0"),
    Instruction.of("end", 0),
]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to wait for here."""
    monkeypatch.setattr("beamdesk.gateway.transports.guacamole_borrowing.SETTLED_SECONDS", 0)


@pytest.fixture
async def desktop() -> AsyncIterator[DrawnDesktop]:
    async with drawn_desktop() as drawn:
        yield drawn


@pytest.fixture
async def lane(desktop: DrawnDesktop) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(desktop.guacd.address) as opened:
        yield opened


def syncs_of(user: GuacdUser) -> list[int]:
    return [int(each.arguments[0]) for each in user.all("sync")]


def key(number: int, pressed: int = 1) -> Instruction:
    return Instruction.of("key", number, pressed)


async def sees_all(viewer: Viewer, desktop: DrawnDesktop) -> None:
    """Each frame from the first one on, once and in order, in one picture."""
    await viewer.until(lambda v: numbers_shown(v)[-1:] == [desktop.frames])
    numbers = numbers_shown(viewer)
    assert numbers == list(range(numbers[0], desktop.frames + 1))
    assert not viewer.all("dispose")


async def test_the_viewer_takes_the_keepers_place_between_two_frames(
    lane: GuacamoleWorld, desktop: DrawnDesktop
):
    async with lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        owner = await desktop.lent()
        for _ in range(5):
            desktop.draw()
        await sees_all(viewer, desktop)
        assert desktop.shown == [owner]
        await viewer.send(key(97))
        assert await owner.hear("key") == key(97)
        assert not desktop.join.all("key")
        # Its answers are guacd's from now on, and nobody's else.
        latest = desktop.draw()
        await until(lambda: latest in syncs_of(owner))
        viewer.acknowledges = False
        unanswered = desktop.draw()
        await viewer.until(lambda v: Instruction.of("sync", unanswered) in v.received)
        await viewer.send(key(98))
        await until(lambda: key(98) in owner.received)
        assert max(syncs_of(owner)) == latest
        assert sorted(set(syncs_of(owner))) == syncs_of(owner)


async def test_what_is_typed_meanwhile_arrives_once_and_in_order(lane: GuacamoleWorld, desktop: DrawnDesktop):
    desktop.closing_seconds = 0.3
    typed = [key(number) for number in range(1, 121)]
    async with lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        join = desktop.join
        for number, press in enumerate(typed):
            if number % 10 == 0:
                desktop.draw()
            await viewer.send(press, Instruction.of("key", press.arguments[0], 0))
            await asyncio.sleep(0.01)
        await until(lambda: typed[-1] in desktop.owner.received)
        before, behind = join.all("key"), desktop.owner.all("key")
        assert before, "nothing was typed before"
        pressed = [each for each in before + behind if each.arguments[1] == "1"]
        assert pressed == typed
        (disconnect,) = join.all("disconnect")
        assert join.received[-1] == disconnect


@pytest.mark.parametrize("role", [Role.GUEST, Role.SUPPORT])
async def test_who_may_only_look_on_stays_a_user_of_its_own(
    lane: GuacamoleWorld, desktop: DrawnDesktop, role: Role
):
    async with lane.viewer(MACHINE, role=role) as viewer:
        await viewer.until_picture()
        for _ in range(20):
            latest = desktop.draw()
            await until(lambda latest=latest: latest in syncs_of(desktop.join))
        await sees_all(viewer, desktop)
        assert not desktop.join.all("disconnect")


async def test_one_at_a_time(lane: GuacamoleWorld, desktop: DrawnDesktop):
    async with lane.viewer(MACHINE, role=Role.USER) as second:
        async with lane.viewer(MACHINE) as first:
            await first.until_picture()
            await second.until_picture()
            await desktop.draw_until(lambda: len(desktop.shown) == 2)
            for _ in range(10):
                desktop.draw()
            await sees_all(first, desktop)
            await sees_all(second, desktop)
            assert len(desktop.shown) == 2
        # Who stays takes the place of who left, whoever had it.
        await desktop.draw_until(lambda: desktop.shown == [desktop.owner])
        desktop.draw()
        await sees_all(second, desktop)


async def test_who_leaves_lets_go_and_gives_back(lane: GuacamoleWorld, desktop: DrawnDesktop):
    async with lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        owner = await desktop.lent()
        await viewer.send(key(SHIFT), Instruction.of("mouse", 7, 8, 1))
        await owner.hear("mouse")
        viewer.acknowledges = False
        unanswered = desktop.draw()
        await viewer.until(lambda v: Instruction.of("sync", unanswered) in v.received)
    await until(
        lambda: key(SHIFT, 0) in owner.received and Instruction.of("mouse", 7, 8, 0) in owner.received
    )
    await until(lambda: unanswered in syncs_of(owner))
    later = desktop.draw()
    await until(lambda: later in syncs_of(owner))
    assert not owner.all("disconnect")
    async with lane.viewer(MACHINE) as again:
        await again.until_picture()
        assert await desktop.lent() is owner
        await sees_all(again, desktop)


async def test_who_falls_behind_gives_back_and_joins_anew(lane: GuacamoleWorld, desktop: DrawnDesktop):
    blob = Instruction.of("blob", 1, "A" * 8000)
    async with stalled(lane, MACHINE, role=Role.OWNER) as slow:
        await until(lambda: desktop.guacd.joined and desktop.join in desktop.shown)
        owner = await desktop.lent()
        joins = len(desktop.guacd.joined)
        # It says nothing: what is answered is answered by the gateway.
        for _ in range(MOST_QUEUED // 400_000):
            latest = desktop.draw(*[blob] * 100)
            await owner.taken()
        await until(lambda: latest in syncs_of(owner))
        async with asyncio.timeout(20):
            while b"7.dispose,2.63;" not in slow.taken:
                assert await slow.take(65536), "ended"
        await until(lambda: len(desktop.guacd.joined) == joins + 1)
        assert not owner.all("disconnect")


async def test_what_the_owner_alone_is_told_stays_with_the_gateway(
    lane: GuacamoleWorld, desktop: DrawnDesktop
):
    told = [
        Instruction.of("file", 4, "text/plain", "report"),
        Instruction.of("blob", 4, "c2VjcmV0"),
        Instruction.of("end", 4),
        Instruction.of("pipe", 6, "text/plain", "pipe"),
        Instruction.of("blob", 6, "c2VjcmV0"),
        Instruction.of("msg", 3, "Ada"),
        Instruction.of("body", 0, 8, "text/plain", "/secret"),
        Instruction.of("blob", 8, "c2VjcmV0"),
    ]
    async with lane.viewer(MACHINE, role=Role.USER) as viewer:
        await viewer.until_picture()
        owner = await desktop.lent()
        desktop.draw(*told)
        await sees_all(viewer, desktop)
        assert not any(viewer.all(opcode) for opcode in ("file", "pipe", "blob", "end", "msg", "body"))
        # Nor can the viewer meddle with it, or with streams that are not for it.
        answers = len(owner.all("ack"))
        await viewer.send(
            Instruction.of("ack", 8, "OK", 0),
            Instruction.of("ack", 6, "OK", 0),
            Instruction.of("clipboard", 40, "text/plain"),
            Instruction.of("blob", 40, "c2VjcmV0"),
            Instruction.of("end", 40),
            *CLIPBOARD,
            key(97),
        )
        await owner.hear("key")
        assert len(owner.all("ack")) == answers
        assert [each for each in owner.received if each.opcode in {"clipboard", "blob", "end"}] == CLIPBOARD


@pytest.mark.parametrize("withheld", [frozenset(), frozenset({Action.CLIPBOARD_FROM_DESKTOP})])
async def test_the_machines_clipboard_is_for_whom_it_is(
    lane: GuacamoleWorld, desktop: DrawnDesktop, withheld: frozenset[Action]
):
    async with lane.viewer(MACHINE, withheld=withheld) as viewer:
        await viewer.until_picture()
        await desktop.lent()
        desktop.draw(*CLIPBOARD)
        await sees_all(viewer, desktop)
        seen = [each for each in viewer.received if each.opcode in {"clipboard", "blob", "end"}]
        assert seen == ([] if withheld else CLIPBOARD)


async def test_nobody_changes_places_with_half_a_clipboard(lane: GuacamoleWorld, desktop: DrawnDesktop):
    async with lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        await viewer.send(CLIPBOARD[0])
        await after_this(viewer)
        for _ in range(20):
            latest = desktop.draw()
            await until(lambda latest=latest: latest in syncs_of(desktop.join))
        assert not desktop.join.all("disconnect")
        await viewer.send(*CLIPBOARD[1:])
        await desktop.lent()
        assert [
            each for each in desktop.join.received if each.opcode in {"clipboard", "blob", "end"}
        ] == CLIPBOARD


async def test_a_clipboard_that_changes_meanwhile_arrives(lane: GuacamoleWorld, desktop: DrawnDesktop):
    """guacd tells each user by itself: here the keeper before a frame and the join after it."""
    async with lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        first = desktop.draw()
        await until(lambda: first in syncs_of(desktop.join))
        owner, join = desktop.owner, desktop.join
        owner.write(*CLIPBOARD)
        second = desktop.draw()
        join.write(*CLIPBOARD)
        await viewer.until(lambda v: Instruction.of("sync", second) in v.received and v.all("end"))
        assert [each for each in viewer.received if each.opcode in {"clipboard", "blob", "end"}] == CLIPBOARD
        await desktop.lent()  # a moment later
        await sees_all(viewer, desktop)


async def test_a_picture_is_not_held_back_for_long(lane: GuacamoleWorld, desktop: DrawnDesktop):
    """The keeper is told nothing more, for whatever reason: the viewer goes on with its join."""
    async with lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        first = desktop.draw()
        await until(lambda: first in syncs_of(desktop.join))
        for _ in range(4):
            ahead = desktop.draw(to=lambda user: user.joins)
            # The first one is shown, the others wait for the keeper.
            await viewer.until(lambda v, ahead=ahead: Instruction.of("sync", ahead) in v.received)
        await sees_all(viewer, desktop)
        assert not desktop.join.all("disconnect")


@pytest.mark.parametrize("dies", ["owner", "join"])
async def test_who_dies_during_the_change(lane: GuacamoleWorld, desktop: DrawnDesktop, dies: str):
    async with lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        first = desktop.draw()
        await until(lambda: first in syncs_of(desktop.join))
        owner, join = desktop.owner, desktop.join
        # One is ahead of the other, and waits.
        desktop.draw(to=lambda user: user.joins == (dies == "owner"))
        if dies == "owner":
            desktop.shown.remove(owner)
            owner.close()
            await viewer.until_closed()
        else:
            desktop.shown.remove(join)
            join.close()
            await until(lambda: len(desktop.guacd.joined) == 2)
            await desktop.lent()
            desktop.draw()
            await viewer.until(lambda v: numbers_shown(v)[-1:] == [desktop.frames])
            assert viewer.all("dispose")
    await until(lambda: not lane.sessions.viewers(InstanceId("instance-1")))
