"""When a viewer has sent so much nonsense that it is not a browser."""

from collections import deque

__all__ = ["BadInstructions"]


class BadInstructions:
    """Counts bad instructions within a sliding window. A broken browser sends some; twenty in ten
    seconds come from a program that tries what guacd does with them.
    """

    def __init__(self, most: int = 20, seconds: float = 10.0) -> None:
        self._most = most
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=most)

    def count(self, now: float) -> bool:
        """Note one at *now* (seconds of any steady clock); whether the viewer has to go."""
        self._times.append(now)
        return len(self._times) == self._most and now - self._times[0] < self._seconds
