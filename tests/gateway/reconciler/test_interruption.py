"""Waits that a newer intent cuts short."""

import asyncio

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.gateway.reconciler.interruption import Interruption
from beamdesk.gateway.reconciler.journal import Overtaken


async def test_an_interruption_ends_the_wait() -> None:
    interruption = Interruption()
    began, cleaned = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with interruption.waiting(None):
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                cleaned.set()

    async def wait() -> None:
        with pytest.raises(Overtaken):
            await hang()
        # What comes after goes on as if nothing had happened.
        await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(wait())
        await began.wait()
        interruption.interrupt()
        interruption.interrupt()
    assert cleaned.is_set()


async def test_an_interruption_between_waits_ends_the_next() -> None:
    interruption = Interruption()
    async with interruption.waiting(None):
        pass
    interruption.interrupt()
    with pytest.raises(Overtaken):
        async with interruption.waiting(None):
            pytest.fail("nothing is begun any more")


async def test_a_wait_that_ends_at_the_same_moment_keeps_its_result() -> None:
    interruption = Interruption()
    async with interruption.waiting(None):
        interruption.interrupt()
        result = "kept"
    assert result == "kept"


async def test_a_wait_that_takes_too_long_is_the_back_ends_fault() -> None:
    with pytest.raises(BrokerError) as caught:
        async with Interruption().waiting(0.01):
            await asyncio.Event().wait()
    assert caught.value.reason is BrokerReason.TIMEOUT


async def test_somebody_elses_time_out_is_left_alone() -> None:
    with pytest.raises(TimeoutError):
        async with Interruption().waiting(60):
            raise TimeoutError


async def test_a_real_cancellation_is_not_mistaken_for_a_newer_intent() -> None:
    interruption = Interruption()
    began = asyncio.Event()

    async def wait() -> None:
        async with interruption.waiting(None):
            began.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(wait())
        await began.wait()
        waiting.cancel()
    assert waiting.cancelled()
