"""A `Clock` whose time passes only when a test says so."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

__all__ = ["ManualClock"]


class _Timer:
    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def cancel(self) -> None:
        self.act = None


class ManualClock:
    """`advance` makes what is due, in order, and leaves running to the loop."""

    def __init__(self, start: datetime = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self._order = count()
        self._due: list[tuple[float, int, _Timer]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def call_later(self, seconds: float, act: Callable[[], None]) -> _Timer:
        timer = _Timer(act)
        heapq.heappush(self._due, (self._passed + max(0.0, seconds), next(self._order), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        done = asyncio.Event()
        timer = self.call_later(seconds, done.set)
        try:
            await done.wait()
        finally:
            timer.cancel()

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass."""
        end = self._passed + seconds
        while self._due and self._due[0][0] <= end:
            due, _, timer = heapq.heappop(self._due)
            self._passed = max(self._passed, due)
            if timer.act is not None:
                timer.act()
        self._passed = end

    def advance_to_next(self) -> bool:
        """Let time pass until the next thing is due; False when nothing waits for time."""
        while self._due and self._due[0][2].act is None:
            heapq.heappop(self._due)
        if not self._due:
            return False
        self.advance(self._due[0][0] - self._passed)
        return True
