"""The work queue."""

import asyncio

import pytest

from beamdesk.gateway.reconciler.queue import WorkQueue
from support.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def queue(clock: ManualClock) -> WorkQueue[str]:
    return WorkQueue(clock)


async def taken(queue: WorkQueue[str]) -> list[str]:
    """All keys that wait now."""
    found = []
    while queue._waiting:
        found.append(await queue.take())
    return found


async def test_keys_come_in_order_and_once(queue: WorkQueue[str]) -> None:
    for key in "abab":
        queue.add(key)
    assert await taken(queue) == ["a", "b"]


async def test_a_key_that_is_worked_on_comes_again_only_after_it_is_done(queue: WorkQueue[str]) -> None:
    queue.add("a")
    await queue.take()
    queue.add("a")
    queue.add("a")
    assert await taken(queue) == []
    queue.done("a")
    assert await taken(queue) == ["a"]
    queue.done("a")
    assert queue.is_idle


async def test_take_waits_for_a_key(queue: WorkQueue[str]) -> None:
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(queue.take())
        await asyncio.sleep(0)
        assert not taking.done()
        queue.add("a")
    assert taking.result() == "a"


async def test_a_delayed_key_comes_when_it_is_due(queue: WorkQueue[str], clock: ManualClock) -> None:
    queue.add("a", delay=10)
    clock.advance(9.9)
    assert await taken(queue) == []
    assert queue.delayed == {"a"}
    clock.advance(0.1)
    assert await taken(queue) == ["a"]
    assert not queue.delayed


async def test_the_earlier_of_two_delays_counts(queue: WorkQueue[str], clock: ManualClock) -> None:
    queue.add("a", delay=10)
    queue.add("a", delay=5)
    queue.add("a", delay=7)
    clock.advance(5)
    assert await taken(queue) == ["a"]
    queue.done("a")
    clock.advance(10)
    assert await taken(queue) == []


async def test_a_key_that_is_added_at_once_overtakes_its_delay(
    queue: WorkQueue[str], clock: ManualClock
) -> None:
    queue.add("a", delay=10)
    queue.add("a")
    assert await taken(queue) == ["a"]
    queue.done("a")
    clock.advance(20)
    assert await taken(queue) == []


async def test_a_delay_that_ends_during_work_brings_the_key_again(
    queue: WorkQueue[str], clock: ManualClock
) -> None:
    queue.add("a")
    await queue.take()
    queue.add("a", delay=1)
    clock.advance(1)
    assert await taken(queue) == []
    queue.done("a")
    assert await taken(queue) == ["a"]


async def test_a_closed_queue_waits_for_no_time(queue: WorkQueue[str], clock: ManualClock) -> None:
    queue.add("a", delay=1)
    queue.close()
    clock.advance(2)
    assert await taken(queue) == []
