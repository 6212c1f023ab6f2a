"""Figures about streams."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge

from beamdesk.gateway.reasons import EndReason

__all__ = ["count_end", "count_viewer"]

_VIEWERS = Gauge("beamdesk_viewers", "Viewers connected now, by lane.", ("lane",))
_ENDS = Counter("beamdesk_viewer_ends_total", "Viewers that left, by lane and reason.", ("lane", "reason"))
_BYTES = Counter("beamdesk_stream_bytes_total", "Bytes sent to browsers that have left, by lane.", ("lane",))


@contextmanager
def count_viewer(lane: str) -> Iterator[None]:
    """One more viewer while the context lasts."""
    gauge = _VIEWERS.labels(lane)
    gauge.inc()
    try:
        yield
    finally:
        gauge.dec()


def count_end(lane: str, reason: EndReason, sent: int) -> None:
    """A viewer has left after *sent* bytes."""
    _ENDS.labels(lane, reason.code).inc()
    _BYTES.labels(lane).inc(sent)
