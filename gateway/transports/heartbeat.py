"""Asks silent viewers for a sign of life, and ends those that do not answer or do not keep up."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import structlog

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.sessions.viewer import Viewer
from beamdesk.gateway.transports.liveness import Liveness, Patience, Verdict

__all__ = ["Heartbeat", "Watched"]

_ROUND_SECONDS: Final = 1.0

_log = structlog.stdlib.get_logger(__name__)


class Watched(Protocol):
    """The outgoing side of a viewer's connection."""

    @property
    def backlog(self) -> int: ...

    @property
    def taken_by_peer(self) -> int: ...

    def ping(self) -> None: ...


class Heartbeat:
    """One round a second over all viewers of a gateway: cheaper than timers and tasks of their own."""

    def __init__(self, clock: Clock, patience: Patience) -> None:
        self._clock = clock
        self._patience = patience
        self._watched: dict[Viewer, tuple[Watched, Liveness]] = {}

    def new_liveness(self) -> Liveness:
        """For a viewer that is there now."""
        return Liveness(self._patience, self._clock.monotonic())

    @contextmanager
    def watching(self, viewer: Viewer, frames: Watched, liveness: Liveness) -> Iterator[None]:
        """Include *viewer* in the rounds while the context lasts."""
        self._watched[viewer] = frames, liveness
        try:
            yield
        finally:
            del self._watched[viewer]

    async def run(self) -> None:
        """Make rounds until cancelled."""
        while True:
            await self._clock.sleep(_ROUND_SECONDS)
            self.make_round()

    def make_round(self) -> None:
        """Look at every viewer once. Looking seldom would date what a viewer took too late."""
        now = self._clock.monotonic()
        for viewer, (frames, liveness) in self._watched.items():
            try:
                _look_at(viewer, frames, liveness, now)
            except Exception:  # noqa: BLE001  (the rounds go on for the others)
                _log.exception("heartbeat failed", viewer=viewer.summary.id)
                viewer.end(EndReason.GATEWAY_FAULT)


def _look_at(viewer: Viewer, frames: Watched, liveness: Liveness, now: float) -> None:
    match liveness.judge(now, taken=frames.taken_by_peer, waiting=frames.backlog > 0):
        case Verdict.ASK:
            frames.ping()
        case Verdict.SILENT:
            viewer.end(EndReason.VIEWER_SILENT)
        case Verdict.TOO_SLOW:
            viewer.end(EndReason.VIEWER_TOO_SLOW)
        case Verdict.FINE:
            pass
