"""The work queue: each key waits at most once, and is worked on by one worker at a time."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from beamdesk.gateway.clock import Clock, Timer

__all__ = ["WorkQueue"]

Key = TypeVar("Key", bound=Hashable)


class WorkQueue(Generic[Key]):
    """Keys to be looked at, first come first served.

    A key that is added while somebody works on it comes back after `done`, so that what changed in
    the meantime is seen. A key that is added at once overtakes its own delayed turn.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._working: set[Key] = set()
        self._again: set[Key] = set()
        self._delayed: dict[Key, tuple[float, Timer]] = {}
        self._arrived = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is worked on or waits for anything but time."""
        return not self._waiting and not self._working

    @property
    def delayed(self) -> frozenset[Key]:
        """The keys that wait for time to pass."""
        return frozenset(self._delayed)

    def add(self, key: Key, *, delay: float = 0) -> None:
        """Have *key* looked at, in *delay* seconds or when it was due anyway, whichever is first."""
        if delay > 0:
            self._put_off(key, delay)
            return
        self._forget_delay(key)
        if key in self._working:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting[key] = None
            self._arrived.set()

    async def take(self) -> Key:
        """The next key, which is the caller's until `done`."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        key, _ = self._waiting.popitem(last=False)
        self._working.add(key)
        return key

    def done(self, key: Key) -> None:
        """The caller's work on *key* ended."""
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def close(self) -> None:
        """Forget everything that waits for time."""
        for _, timer in self._delayed.values():
            timer.cancel()
        self._delayed.clear()

    def _put_off(self, key: Key, delay: float) -> None:
        due = self._clock.monotonic() + delay
        earlier = self._delayed.get(key)
        if key in self._waiting or (earlier is not None and earlier[0] <= due):
            return
        self._forget_delay(key)
        self._delayed[key] = (due, self._clock.call_later(delay, lambda: self.add(key)))

    def _forget_delay(self, key: Key) -> None:
        if (delayed := self._delayed.pop(key, None)) is not None:
            delayed[1].cancel()
