"""How long to wait before a back end is asked again: per instance, and for the back end as a whole."""

from collections.abc import Callable
from dataclasses import dataclass, field

from beamdesk.brokers.errors import BrokerReason

__all__ = ["SILENCES", "BackOff", "Circuit"]

SILENCES = frozenset({BrokerReason.TRANSIENT, BrokerReason.TIMEOUT, BrokerReason.AUTH_EXPIRED})
"""Reasons that say the back end as a whole does not answer; all others are answers."""


@dataclass(slots=True)
class BackOff:
    """Doubling delays with jitter, so that instances which failed together do not come back together."""

    first_seconds: float
    longest_seconds: float
    chance: Callable[[], float]
    """Gives numbers from 0 to 1, as `random.random` does."""
    _attempts: int = field(default=0, init=False)

    def next(self) -> float:
        """Seconds until the next attempt: between half and the whole of the doubled delay."""
        # The exponent is bounded because a float cannot hold more than 2**1023.
        whole = min(self.longest_seconds, self.first_seconds * 2.0 ** min(self._attempts, 64))
        self._attempts += 1
        return whole * (0.5 + self.chance() / 2)


@dataclass(slots=True)
class Circuit:
    """Spares a back end that does not answer: after *threshold* silences in a row it is left alone.

    When the pause is over one call is let through at a time; its success closes the circuit, its
    failure doubles the pause. Times are seconds of any clock that never goes back.
    """

    threshold: int
    first_seconds: float
    longest_seconds: float
    _silences: int = field(default=0, init=False)
    _pause: float = field(default=0, init=False)
    _spared_until: float = field(default=0, init=False)

    @property
    def is_open(self) -> bool:
        """Whether the back end is being spared."""
        return self._silences >= self.threshold

    def wait(self, now: float) -> float:
        """Seconds to wait before a call; 0 lets this one through."""
        if not self.is_open:
            return 0
        if now < self._spared_until:
            return self._spared_until - now
        # One trial per pause: the next caller waits, whatever becomes of this one.
        self._spared_until = now + self._pause
        return 0

    def answered(self) -> None:
        """The back end answered, be it with a refusal."""
        self._silences = 0
        self._pause = 0

    def silent(self, now: float) -> None:
        """The back end did not answer."""
        self._silences += 1
        if self.is_open:
            self._pause = min(self.longest_seconds, self._pause * 2 or self.first_seconds)
            self._spared_until = now + self._pause
