"""Background tasks: started by name, stopped in reverse, never failing in silence."""

import asyncio

import pytest
import structlog

from beamdesk.gateway.tasks import BackgroundTasks


async def test_tasks_stop_in_reverse_one_after_the_other():
    tasks = BackgroundTasks()
    stopped = []

    def waiting(name: str):
        async def wait() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                stopped.append(name)

        return wait

    for name in ("first", "second", "third"):
        tasks.start(name, waiting(name))
    await asyncio.sleep(0)
    await tasks.stop()
    assert stopped == ["third", "second", "first"]
    await tasks.stop()


async def test_a_crash_is_logged_and_told():
    tasks = BackgroundTasks()

    async def crash() -> None:
        raise ZeroDivisionError("by nobody")

    with structlog.testing.capture_logs() as lines:
        tasks.start("crasher", crash)
        async with asyncio.timeout(5):
            assert isinstance(await tasks.crashed(), ZeroDivisionError)
    assert [(line["event"], line["task"]) for line in lines] == [("background task crashed", "crasher")]
    async with asyncio.timeout(5):
        assert isinstance(await tasks.crashed(), ZeroDivisionError)
    await tasks.stop()


async def test_a_task_that_ends_or_is_stopped_is_no_crash():
    tasks = BackgroundTasks()

    async def work() -> None:
        await asyncio.sleep(0)

    tasks.start("worker", work)
    tasks.start("waiter", asyncio.Event().wait)
    await asyncio.sleep(0.01)
    await tasks.stop()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await tasks.crashed()
