"""What the RFB lane has to reach, and whether it did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

from beamdesk.bench.relay.findings import Cost, Finding
from beamdesk.bench.relay.peers import GATEWAY, TCP, WEBSOCKIFY
from beamdesk.bench.relay.rfb_scenarios import Idle, Latency, Stalled, Throughput

__all__ = ["RfbResults"]

_OF_WEBSOCKIFY: Final = {64 * 1024: 0.65, 4 * 1024: 0.80}


@dataclass(frozen=True, slots=True)
class RfbResults:
    """See `Results`."""

    throughput: Sequence[Throughput]
    latency: Sequence[Latency]
    idle: Idle
    stalled: Stalled

    def tables(self) -> Iterator[Table]:
        relays = Table("relay", "writes", "MB/s", "CPU s/GB", "by round", title="Throughput, one viewer")
        for one in sorted(self.throughput, key=lambda it: (-it.chunk, it.cpu_seconds_per_gb)):
            relays.add_row(
                one.relay,
                f"{one.chunk // 1024} KiB",
                f"{one.megabytes_per_second:.0f}",
                f"{one.cpu_seconds_per_gb:.3f}",
                " ".join(f"{cost:.2f}" for cost in one.cpu_by_round),
            )
        yield relays
        echoes = Table("busy sessions", "direct p50", "direct p99", "added p50", "added p99")
        echoes.title = "A key press and its echo, ms"
        for it in self.latency:
            figures = (it.direct_p50, it.direct_p99, it.added_p50, it.added_p99)
            echoes.add_row(str(it.busy), *(f"{figure:.3f}" for figure in figures))
        yield echoes

    def costs(self) -> Iterator[Cost]:
        for one in self.throughput:
            yield Cost(one.relay, f"writes of {one.chunk // 1024} KiB", one.cpu_seconds_per_gb)

    def findings(self) -> Iterator[Finding]:
        cost = {(it.relay, it.chunk): it.cpu_seconds_per_gb for it in self.throughput}
        for chunk, limit in _OF_WEBSOCKIFY.items():
            if (GATEWAY, chunk) not in cost:
                continue
            writes = f"writes of {chunk // 1024} KiB"
            own = cost[GATEWAY, chunk]
            yield Finding(f"CPU per GB over the bare TCP relay's, {writes}", own / cost[TCP, chunk], 1.0, "×")
            if other := cost.get((WEBSOCKIFY, chunk)):
                yield Finding(f"CPU per GB over websockify's, {writes}", own / other, limit, "×")
        for latency in self.latency:
            what = f"added to a key press and its echo, p99, {latency.busy} busy sessions"
            yield Finding(what, latency.added_p99, 1.0, "ms")
        viewers = f"{self.idle.viewers} idle viewers"
        yield Finding(f"memory of each of {viewers}", self.idle.kib_each, 150, "KiB")
        yield Finding(f"CPU of {viewers}", self.idle.cpu_percent, 2, "% of a core")
        stalled = self.stalled
        held = stalled.process_kib_each + stalled.kernel_kib_each
        yield Finding(f"held for each of {stalled.viewers} viewers that stopped reading", held, 2048, "KiB")
        yield Finding("added by them to another viewer's key press, p50", stalled.others_delay, 0.1, "ms")
