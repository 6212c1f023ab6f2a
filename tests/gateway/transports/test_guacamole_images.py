"""In which formats guacd may draw: it is told when a connection begins, so some connections begin anew."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.tickets import Target
from support.drawn_desktop import DrawnDesktop, drawn_desktop
from support.guacamole_world import GuacamoleWorld, open_world
from support.guacd_world import until

MACHINE = Target(host="desktop.lab", port=5900)
SHELL = Target(protocol="ssh", host="desktop.lab", port=22)
WEBP = "&image=image/png&image=image/jpeg&image=image/webp"
WITHOUT = Instruction.of("image", "image/png", "image/jpeg")
WITH = Instruction.of("image", "image/png", "image/jpeg", "image/webp")


@pytest.fixture
async def desktop() -> AsyncIterator[DrawnDesktop]:
    async with drawn_desktop() as drawn:
        yield drawn


@pytest.fixture
async def lane(desktop: DrawnDesktop) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(desktop.guacd.address) as opened:
        yield opened


def told_to_owners(desktop: DrawnDesktop) -> list[Instruction]:
    return [image for owner in desktop.guacd.owners for image in owner.all("image")]


@pytest.mark.parametrize(
    ("target", "asked"), [(MACHINE, [WITHOUT, WITH, WITHOUT]), (SHELL, [WITHOUT])], ids=["vnc", "ssh"]
)
async def test_who_comes_alone_and_wants_others_gets_them_unless_a_shell_would_end(
    lane: GuacamoleWorld, desktop: DrawnDesktop, target: Target, asked: list[Instruction]
):
    for query in ("", WEBP, ""):
        async with lane.viewer(target, query) as viewer:
            await viewer.until_picture()
    assert told_to_owners(desktop) == asked
    assert [image for join in desktop.guacd.joined for image in join.all("image")] == [WITHOUT, WITH, WITHOUT]
    ended = desktop.guacd.owners[:-1]
    await until(lambda: all(owner.all("disconnect") for owner in ended))


async def test_nobody_is_interrupted(lane: GuacamoleWorld, desktop: DrawnDesktop):
    async with lane.viewer(MACHINE) as staying, lane.viewer(MACHINE, WEBP, user="user-2") as other:
        await staying.until_picture()
        await other.until_picture()
        assert told_to_owners(desktop) == [WITHOUT]
        assert staying.close is None


async def test_a_person_who_has_chosen_anew_may_still_be_leaving(lane: GuacamoleWorld, desktop: DrawnDesktop):
    async with lane.viewer(MACHINE) as before:
        await before.until_picture()
        async with lane.viewer(MACHINE, WEBP) as behind:
            await until(lambda: lane.sessions.viewer_count == 2)
            assert told_to_owners(desktop) == [WITHOUT]
            await before.say("disconnect")
            await behind.until_picture()
            assert told_to_owners(desktop) == [WITHOUT, WITH]
            assert behind.close is None


async def test_who_keeps_two_windows_open_keeps_the_images(
    lane: GuacamoleWorld, desktop: DrawnDesktop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("beamdesk.gateway.upstreams.guacd.keepers.LEAVING_SECONDS", 0.1)
    async with lane.viewer(MACHINE) as first, lane.viewer(MACHINE, WEBP) as second:
        await first.until_picture()
        await second.until_picture()
        assert told_to_owners(desktop) == [WITHOUT]


async def test_two_at_once_get_one_connection(lane: GuacamoleWorld, desktop: DrawnDesktop):
    async with lane.viewer(MACHINE) as before:
        await before.until_picture()
    async with (
        asyncio.timeout(20),
        lane.viewer(MACHINE, WEBP) as one,
        lane.viewer(MACHINE, WEBP, user="user-2") as another,
    ):
        await one.until_picture()
        await another.until_picture()
        assert told_to_owners(desktop) == [WITHOUT, WITH]


async def test_other_images_than_the_keepers_take_a_user_of_their_own(
    lane: GuacamoleWorld, desktop: DrawnDesktop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("beamdesk.gateway.transports.guacamole_borrowing.SETTLED_SECONDS", 0)
    async with lane.viewer(SHELL) as before:
        await before.until_picture()
    async with lane.viewer(SHELL, WEBP) as viewer:
        await viewer.until_picture()
        for _ in range(20):
            drawn = desktop.draw()
            await viewer.until(lambda v, drawn=drawn: Instruction.of("sync", drawn) in v.received)
        assert not desktop.join.all("disconnect")
