"""The long-lived background tasks of the server, each with a name and one owner."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

__all__ = ["BackgroundTasks"]

_log = structlog.stdlib.get_logger(__name__)


class BackgroundTasks:
    """Tasks that run from start-up to shutdown; what lives shorter belongs to an `asyncio.TaskGroup`.

    A task that ends with an exception is logged at once and told by `crashed`, so that the server can
    stop rather than go on without a part. One that returns has done its work.
    """

    def __init__(self) -> None:
        self._running: list[asyncio.Task[None]] = []
        self._crash: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def start(self, name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run `run()` until it ends or `stop` is called; *name* is for the log."""
        task = asyncio.create_task(run(), name=name)
        self._running.append(task)
        task.add_done_callback(self._ended)

    async def crashed(self) -> BaseException:
        """Wait until a task ends with an exception, and tell the first one's."""
        return await asyncio.shield(self._crash)

    async def stop(self) -> None:
        """Cancel the tasks one by one, the latest first, and wait for each to let go of what it holds."""
        while self._running:
            task = self._running.pop()
            task.cancel()
            await asyncio.wait([task])

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task in self._running:
            self._running.remove(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        _log.critical("background task crashed", task=task.get_name(), exc_info=error)
        if not self._crash.done():
            self._crash.set_result(error)
