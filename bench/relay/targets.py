"""What the gateway has to reach, and whether it did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beamdesk.bench.relay.peers import GATEWAY, TCP, WEBSOCKIFY
from beamdesk.bench.relay.scenarios import Idle, Latency, Stalled, Throughput

__all__ = ["Finding", "Results", "findings"]

_OF_WEBSOCKIFY = {64 * 1024: 0.65, 4 * 1024: 0.80}


@dataclass(frozen=True, slots=True)
class Results:
    """One run."""

    throughput: Sequence[Throughput]
    latency: Sequence[Latency]
    idle: Idle
    stalled: Stalled


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure beside its limit."""

    what: str
    figure: float
    limit: float
    unit: str

    @property
    def reached(self) -> bool:
        return self.figure <= self.limit


def findings(results: Results) -> Iterator[Finding]:
    """All figures that have a limit."""
    cost = {(it.relay, it.chunk): it.cpu_seconds_per_gb for it in results.throughput}
    for chunk, limit in _OF_WEBSOCKIFY.items():
        if (GATEWAY, chunk) not in cost:
            continue
        writes = f"writes of {chunk // 1024} KiB"
        own = cost[GATEWAY, chunk]
        yield Finding(f"CPU per GB over the bare TCP relay's, {writes}", own / cost[TCP, chunk], 1.0, "×")
        if other := cost.get((WEBSOCKIFY, chunk)):
            yield Finding(f"CPU per GB over websockify's, {writes}", own / other, limit, "×")
    for latency in results.latency:
        what = f"added to a key press and its echo, p99, {latency.busy} busy sessions"
        yield Finding(what, latency.added_p99, 1.0, "ms")
    viewers = f"{results.idle.viewers} idle viewers"
    yield Finding(f"memory of each of {viewers}", results.idle.kib_each, 150, "KiB")
    yield Finding(f"CPU of {viewers}", results.idle.cpu_percent, 2, "% of a core")
    stalled = results.stalled
    held = stalled.process_kib_each + stalled.kernel_kib_each
    yield Finding(f"held for each of {stalled.viewers} viewers that stopped reading", held, 2048, "KiB")
    yield Finding("added by them to another viewer's key press, p50", stalled.others_delay, 0.1, "ms")
