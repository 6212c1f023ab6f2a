"""The bus of hints."""

import asyncio

from beamdesk.gateway.bus import (
    Bus,
    Event,
    InstanceChanged,
    IntentChanged,
    MessagesLost,
    SignInEnded,
    Subscription,
)
from beamdesk.gateway.tickets import InstanceId, UserId


def intent(name: str) -> IntentChanged:
    return IntentChanged(InstanceId(name))


async def heard(subscription: Subscription) -> list[Event]:
    """What waits now."""
    return [await anext(subscription) for _ in range(len(subscription._waiting))]


async def test_everybody_hears_what_they_asked_for() -> None:
    bus = Bus()
    with bus.subscribe(IntentChanged) as one, bus.subscribe(IntentChanged, SignInEnded) as two:
        bus.publish(intent("a"))
        bus.publish(SignInEnded("browser:1"))
        bus.publish(InstanceChanged(InstanceId("a"), UserId("marie")))
        assert await heard(one) == [intent("a")]
        assert await heard(two) == [intent("a"), SignInEnded("browser:1")]


async def test_nobody_hears_after_leaving() -> None:
    bus = Bus()
    with bus.subscribe(IntentChanged) as left:
        pass
    bus.publish(intent("a"))
    assert await heard(left) == []


async def test_a_listener_waits_for_the_next_message() -> None:
    bus = Bus()
    with bus.subscribe(IntentChanged) as listener:
        async with asyncio.TaskGroup() as group:
            hearing = group.create_task(anext(aiter(listener)))
            await asyncio.sleep(0)
            assert not hearing.done()
            bus.publish(intent("a"))
        assert hearing.result() == intent("a")


async def test_the_same_hint_twice_in_a_row_is_one() -> None:
    bus = Bus()
    with bus.subscribe(IntentChanged) as listener:
        for name in "aabba":
            bus.publish(intent(name))
        assert await heard(listener) == [intent("a"), intent("b"), intent("a")]


async def test_a_listener_at_its_limit_keeps_everything() -> None:
    bus = Bus()
    with bus.subscribe(IntentChanged, capacity=3) as listener:
        for name in "abc":
            bus.publish(intent(name))
        assert await heard(listener) == [intent("a"), intent("b"), intent("c")]


async def test_one_past_the_limit_it_is_told_once_that_it_lost_messages() -> None:
    bus = Bus()
    with bus.subscribe(IntentChanged, capacity=3) as listener:
        for name in "abcde":
            bus.publish(intent(name))
        assert await heard(listener) == [MessagesLost(), intent("e")]
