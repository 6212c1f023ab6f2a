"""What waits for one browser of the Guacamole lane: bounded, and thrown away rather than delivered late."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from beamdesk.gateway.transports.frames import Frames

__all__ = ["MOST_QUEUED", "Outbox"]

MOST_QUEUED: Final = 4 * 1024 * 1024
"""Bytes. At half of it the browser is behind."""

LONGEST_WAIT: Final = 3.0
"""Seconds that anything may wait; half of it, and the browser is behind."""


class Outbox:
    """Frames that the system does not take at once are queued here, where they can still be dropped.

    Each payload is one text frame of whole instructions.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._frames: Frames | None = None
        self._queue: deque[tuple[float, bytes]] = deque()
        self._queued = 0
        self._has_room = True
        self._empty = asyncio.Event()
        self._empty.set()

    def open(self, frames: Frames) -> None:
        """Everything goes to *frames*, whose `on_full` and `on_room` are ours."""
        self._frames = frames

    @property
    def backlog(self) -> int:
        """Bytes that the system has not taken yet."""
        return self._queued + (self._frames.backlog if self._frames is not None else 0)

    @property
    def taken_by_peer(self) -> int:
        """See `Frames`."""
        return self._frames.taken_by_peer if self._frames is not None else 0

    @property
    def is_full(self) -> bool:
        """Nothing more ought to be sent: drop it, and begin anew when it is empty."""
        return bool(self._queue) and (self._queued > MOST_QUEUED or self._age() > LONGEST_WAIT)

    @property
    def is_behind(self) -> bool:
        return bool(self._queue) and (self._queued > MOST_QUEUED // 2 or self._age() > LONGEST_WAIT / 2)

    async def empty(self) -> None:
        """Wait until the system has taken everything."""
        await self._empty.wait()

    def send(self, payload: bytes | memoryview) -> None:
        """Send whole instructions; *payload* may be reused when this returns."""
        if self._frames is None:
            return
        if self._has_room:
            self._frames.take(payload)
        else:
            self._queue.append((self._now(), bytes(payload)))
            self._queued += len(payload)

    def drop(self) -> None:
        """Throw away what is queued."""
        self._queue.clear()
        self._queued = 0

    def ping(self) -> None:
        """See `Frames`."""
        if self._frames is not None:
            self._frames.ping()

    def on_full(self) -> None:
        self._has_room = False
        self._empty.clear()

    def on_room(self) -> None:
        self._has_room = True
        while self._queue and self._has_room:
            _, payload = self._queue.popleft()
            self._queued -= len(payload)
            self.send(payload)
        if self._has_room:
            self._empty.set()

    def _age(self) -> float:
        return self._now() - self._queue[0][0]
