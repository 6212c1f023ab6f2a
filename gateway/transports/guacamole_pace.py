"""Judgements with time as an argument: when a viewer that falls behind gets a new picture, and when guacd
need not wait for it.
"""

from collections import deque
from typing import Final

__all__ = ["Acknowledgements", "RejoinPace"]

SHORTEST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 8.0
MOST_REJOINS: Final = 5
WITHIN_SECONDS: Final = 60.0

LATE_SECONDS: Final = 0.2
"""guacd waits for its slowest user, up to half a second for each frame. A link's round trip it takes into
account by itself, so this is for those who need longer than that."""


class RejoinPace:
    """Two, four, eight seconds between joins; five joins in a minute are too many."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MOST_REJOINS)

    def pause(self, now: float) -> float | None:
        """Seconds until the next join, which is counted; None: the link is too slow."""
        recent = sum(now - time < WITHIN_SECONDS for time in self._times)
        if recent == MOST_REJOINS:
            return None
        self._times.append(now)
        return min(SHORTEST_PAUSE * 2.0**recent, LONGEST_PAUSE)


class Acknowledgements:
    """Which `sync` guacd has been answered, by the browser or in its stead. Timestamps are guacd's."""

    def __init__(self) -> None:
        self.latest: int | None = None
        """The last that was passed on to the browser."""
        self._answered = -1
        self._waiting_since: float | None = None

    @property
    def is_waited_for(self) -> bool:
        """Whether guacd waits for an answer."""
        return self._waiting_since is not None

    def passed_on(self, timestamp: int, now: float) -> None:
        self.latest = timestamp
        if self._waiting_since is None:
            self._waiting_since = now

    def arrived(self, timestamp: int, now: float) -> bool:
        """The browser acknowledges; whether guacd has to hear of it.

        What was answered in its stead must not be answered again: guacd would take the difference for lag.
        """
        if timestamp <= self._answered:
            return False
        self._answered = timestamp
        self._waiting_since = None if timestamp == self.latest else now
        return True

    def in_its_stead(self, now: float, *, behind: bool, has_company: bool) -> int | None:
        """The timestamp to answer for the browser now, because it is *behind* or holds up others."""
        if self.latest is None or self._waiting_since is None:
            return None
        if not behind and not (has_company and now - self._waiting_since > LATE_SECONDS):
            return None
        self.forget()
        return self.latest

    def forget(self) -> None:
        """What was passed on so far needs no answer any more."""
        self._answered = self._answered if self.latest is None else max(self._answered, self.latest)
        self._waiting_since = None
