"""Time as a parameter: whoever waits or compares moments is given a `Clock`."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "Timer"]


class Timer(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Forget the call; harmless when it was made already."""
        ...


class Clock(Protocol):
    """What time it is, and how to wait."""

    def now(self) -> datetime:
        """The moment in UTC, to be stored and compared with other computers' moments."""
        ...

    def monotonic(self) -> float:
        """Seconds since some point in the past; never goes back."""
        ...

    def call_later(self, seconds: float, act: Callable[[], None]) -> Timer:
        """Call *act* once, in the event loop, after *seconds*."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The computer's own clock."""

    monotonic = staticmethod(time.monotonic)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def call_later(self, seconds: float, act: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, act)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
