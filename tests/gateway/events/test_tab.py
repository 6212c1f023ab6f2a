"""What waits for a tab: bounded, and always the newest."""

import asyncio

import pytest

from beamdesk.gateway.bus import (
    DesktopDoubted,
    InstanceChanged,
    IntentChanged,
    MessagesLost,
    NoticeGiven,
    PresenceChanged,
    SignInEnded,
)
from beamdesk.gateway.http.principal import Principal, Via
from beamdesk.gateway.portal.events.tab import BATCH, MOST_NOTICES, News, Tab, TabEnd
from beamdesk.gateway.tickets import InstanceId, UserId

MARIE, PIERRE = UserId("marie"), UserId("pierre")


def instance(number: int) -> InstanceId:
    return InstanceId(f"instance-{number}")


@pytest.fixture
async def tab() -> Tab:
    """Marie's, after its hello."""
    tab = Tab(Principal(MARIE, "marie", is_admin=False, sign_in="browser:1", via=Via.COOKIE))
    assert await tab.next() == News(everything=True, instances=(), notices=())
    return tab


async def test_an_instance_that_changes_often_is_told_once(tab: Tab) -> None:
    for number in (1, 2, 1, 1, 2):
        tab.offer(InstanceChanged(instance(number), MARIE))
    assert await tab.next() == News(False, (instance(1), instance(2)), ())


async def test_what_belongs_to_others_is_not_told(tab: Tab) -> None:
    tab.offer(InstanceChanged(instance(1), PIERRE))
    tab.offer(PresenceChanged(instance(2)))
    tab.offer(NoticeGiven("info", "For Pierre.", PIERRE))
    tab.offer(SignInEnded("browser:2"))
    tab.offer(IntentChanged(instance(3)))
    tab.offer(DesktopDoubted(instance(3)))
    tab.offer(InstanceChanged(instance(4), MARIE))
    assert await tab.next() == News(False, (instance(4),), ())


async def test_an_administrator_is_told_of_everybodys() -> None:
    tab = Tab(Principal(MARIE, "marie", is_admin=True, sign_in="browser:1", via=Via.COOKIE))
    await tab.next()
    tab.offer(InstanceChanged(instance(1), PIERRE))
    assert await tab.next() == News(False, (instance(1),), ())


async def test_presence_is_told_of_what_the_tab_knows(tab: Tab) -> None:
    tab.tell_all([instance(1)])
    tab.tell(instance(2))
    for number in (1, 2, 3):
        tab.offer(PresenceChanged(instance(number)))
    assert await tab.next() == News(False, (instance(1), instance(2)), ())
    assert tab.forget(instance(1))
    assert not tab.forget(instance(1))
    tab.offer(PresenceChanged(instance(1)))
    tab.offer(PresenceChanged(instance(2)))
    assert await tab.next() == News(False, (instance(2),), ())


async def test_many_changes_come_in_pieces(tab: Tab) -> None:
    for number in range(BATCH + 1):
        tab.offer(InstanceChanged(instance(number), MARIE))
    first, second = await tab.next(), await tab.next()
    assert isinstance(first, News)
    assert len(first.instances) == BATCH
    assert second == News(False, (instance(BATCH),), ())


async def test_the_newest_notices_are_kept(tab: Tab) -> None:
    notices = [NoticeGiven("info", f"Number {number}.") for number in range(MOST_NOTICES + 1)]
    for notice in notices:
        tab.offer(notice)
    assert await tab.next() == News(False, (), tuple(notices[1:]))


async def test_a_tab_that_lost_track_starts_anew(tab: Tab) -> None:
    tab.offer(InstanceChanged(instance(1), MARIE))
    tab.offer(MessagesLost())
    assert await tab.next() == News(True, (), ())


async def test_the_end_comes_before_everything_else(tab: Tab) -> None:
    tab.offer(InstanceChanged(instance(1), MARIE))
    tab.offer(SignInEnded("browser:1"))
    tab.end(TabEnd.LEFT)
    assert await tab.next() is TabEnd.SIGNED_OUT
    assert await tab.next() is TabEnd.SIGNED_OUT


async def test_a_tab_waits_for_news(tab: Tab) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(tab.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        tab.offer(InstanceChanged(instance(1), MARIE))
    assert waiting.result() == News(False, (instance(1),), ())


def test_reasons_fit_into_a_close_frame() -> None:
    assert all(len(end.value.sentence.encode()) <= 123 for end in TabEnd)
