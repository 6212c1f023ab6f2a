"""Judgements with time as an argument: when a viewer that falls behind gets a new picture, when guacd need
not wait for it, and how much it may say.
"""

from collections import deque
from typing import Final

__all__ = ["MOST_SAID", "Acknowledgements", "Allowance", "RejoinPace"]

SHORTEST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 8.0
MOST_REJOINS: Final = 5
WITHIN_SECONDS: Final = 60.0

LATE_SECONDS: Final = 0.2
"""guacd waits for its slowest user, up to half a second for each frame. A link's round trip it takes into
account by itself, so this is for those who need longer than that."""

MOST_SAID: Final = 4000
"""Instructions a second, and at once. Ten fingers on a fast touch screen say a third of it; as many as this
keep the gateway busy for some hundredths of the time."""

_PAUSE_SECONDS: Final = 0.1
"""Of allowance that is waited for: less would keep the gateway busy with waking up."""


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


class Allowance:
    """What a viewer may still say. Who floods the gateway is read more slowly, and holds up nobody."""

    def __init__(self, now: float) -> None:
        self._left = float(MOST_SAID)
        self._renewed_at = now

    @property
    def is_used_up(self) -> bool:
        return self._left <= 0

    def use(self, instructions: int) -> None:
        """Never asks for the time: it is called for every word of every viewer."""
        self._left -= instructions

    def renew(self, now: float) -> float:
        """Seconds from *now* until the viewer may say some more; 0 if it may."""
        self._left = min(self._left + (now - self._renewed_at) * MOST_SAID, float(MOST_SAID))
        self._renewed_at = now
        return 0.0 if self._left > 0 else _PAUSE_SECONDS - self._left / MOST_SAID
