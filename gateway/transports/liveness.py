"""Whether a browser is still there, and whether it keeps up: a judgement with time as an argument."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

__all__ = ["Liveness", "Patience", "Verdict"]

_CONTROL_BYTES: Final = 16
"""The peer's kernel acknowledges our pings even if the peer is stopped: so little is no sign of life."""


class Verdict(Enum):
    """What has to be done about a viewer now."""

    FINE = auto()
    ASK = auto()
    SILENT = auto()
    TOO_SLOW = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long, in seconds, nothing has to happen until something is done about it."""

    ask: float
    """Without a byte from the browser until it is pinged."""
    silent: float
    """Without a sign of life until it is taken for gone; a dead link is found after this."""
    slow: float
    """Without taking any of what waits for it until it is taken for too slow."""

    @classmethod
    def of(cls, heartbeat_seconds: float, slow_viewer_seconds: float) -> "Patience":
        """Two and a half heartbeats: two pings may go unanswered."""
        return cls(heartbeat_seconds, 2.5 * heartbeat_seconds, slow_viewer_seconds)


class Liveness:
    """Any byte from the peer is a sign of life, and so is any part of the stream that it takes.

    The second matters on a slow link: the answer to a ping waits there behind everything that was
    written before the ping.
    """

    def __init__(self, patience: Patience, now: float) -> None:
        self._patience = patience
        self._heard = False
        self._heard_at = now
        self._judged_at = now
        self._asked_at = now
        self._progressed_at = now
        self._taken = 0

    def heard(self) -> None:
        """Something arrived: as often as a viewer acknowledges a frame, so the time is not asked for."""
        self._heard = True

    def judge(self, now: float, *, taken: int, waiting: bool) -> Verdict:
        """To be asked every second or so: what was heard since the last time counts from that time on.

        *taken* as in `Frames.taken_by_peer`; *waiting*: something is queued for the peer.
        """
        patience = self._patience
        if self._heard:
            self._heard = False
            self._heard_at = self._judged_at
        self._judged_at = now
        if taken - self._taken > _CONTROL_BYTES:
            self._taken = taken
            self._progressed_at = now
            self._heard_at = now
        elif not waiting:
            self._progressed_at = now
        if now - self._progressed_at >= patience.slow:
            return Verdict.TOO_SLOW
        if now - self._heard_at >= patience.silent:
            return Verdict.SILENT
        if now - max(self._heard_at, self._asked_at) >= patience.ask:
            self._asked_at = now
            return Verdict.ASK
        return Verdict.FINE
