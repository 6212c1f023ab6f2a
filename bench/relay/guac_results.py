"""What the Guacamole lane has to reach, and whether it did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

from beamdesk.bench.relay.findings import Cost, Finding
from beamdesk.bench.relay.guac_scenarios import Held, Memory, Moved, Responses
from beamdesk.bench.relay.peers import GATEWAY, GUACAMOLE_LITE, TCP

__all__ = ["GuacResults"]

_OF_TCP: Final = 1.25
_OF_GUACAMOLE_LITE: Final = 1 / 35
_MOST_ADDED: Final = 1.0
_MOST_HELD: Final = 5 * 1024
_MOST_FRAMES_LOST: Final = 5.0


@dataclass(frozen=True, slots=True)
class GuacResults:
    """See `Results`."""

    moved: Sequence[Moved]
    responses: Sequence[Responses]
    memory: Sequence[Memory]
    held: Held

    def tables(self) -> Iterator[Table]:
        relays = Table("stream", "viewers", "relay", "MB/s", "instructions/s", "CPU s/GB", "by round")
        relays.title = "Captured streams, as fast as they go"
        relays.caption = "CPU per GB that viewers got"
        for one in self.moved:
            relays.add_row(
                one.capture,
                _viewers(one),
                one.relay,
                f"{one.megabytes_per_second:.0f}",
                f"{one.instructions_per_second:,.0f}",
                f"{one.cpu_seconds_per_gb:.3f}",
                " ".join(f"{cost:.2f}" for cost in one.cpu_by_round),
            )
        yield relays
        added = Table("relay", "busy desktops", "key p50", "key p99", "sync p50", "sync p99", "CPU")
        added.title = "Added by a relay, ms"
        for it in self.responses:
            figures = (it.key_p50, it.key_p99, it.sync_p50, it.sync_p99)
            told = (f"{figure:.3f}" for figure in figures)
            added.add_row(it.relay, str(it.busy), *told, f"{it.cpu_percent:.0f} % of a core")
        yield added
        sizes = Table("relay", "viewers", "KiB each", title="Memory of viewers with a still desktop each")
        for size in self.memory:
            sizes.add_row(size.relay, str(size.viewers), f"{size.kib_each:.0f}")
        yield sizes
        held = self.held
        slow = Table("stopped reading", "held by the process", "by the kernel", "frames/s before", "beside")
        slow.title = "Viewers of one desktop, some of which stop reading"
        slow.add_row(
            str(held.stalled),
            f"{held.process_kib_each:.0f} KiB each",
            f"{held.kernel_kib_each:.0f} KiB each",
            f"{held.frames_before:.1f}",
            f"{held.frames_beside:.1f}",
        )
        yield slow

    def costs(self) -> Iterator[Cost]:
        for one in self.moved:
            yield Cost(one.relay, f"{one.capture}\n{_viewers(one)} viewers", one.cpu_seconds_per_gb)

    def findings(self) -> Iterator[Finding]:
        cost = {(it.relay, it.capture, _viewers(it)): it.cpu_seconds_per_gb for it in self.moved}
        for (relay, capture, viewers), own in cost.items():
            if relay != GATEWAY:
                continue
            what = f"{capture}, viewers: {viewers}"
            bare = own / cost[TCP, capture, viewers]
            yield Finding(f"CPU per GB over the bare TCP relay's, {what}", bare, _OF_TCP, "×")
            if other := cost.get((GUACAMOLE_LITE, capture, viewers)):
                share = own / other
                yield Finding(f"CPU per GB over guacamole-lite's, {what}", share, _OF_GUACAMOLE_LITE, "×")
        for it in self.responses:
            if it.relay == GATEWAY:
                beside = f"p99, {it.busy} busy desktops"
                yield Finding(f"added to a key press and its frame, {beside}", it.key_p99, _MOST_ADDED, "ms")
                yield Finding(f"added to a `sync`, {beside}", it.sync_p99, _MOST_ADDED, "ms")
        held = self.held
        kib = held.process_kib_each + held.kernel_kib_each
        yield Finding(f"held for each of {held.stalled} viewers that stopped reading", kib, _MOST_HELD, "KiB")
        lost = 100 * (1 - held.frames_beside / held.frames_before)
        yield Finding("frames that another viewer lost by them", lost, _MOST_FRAMES_LOST, "%")


def _viewers(moved: Moved) -> str:
    return f"{moved.viewers} of one desktop" if moved.shape == "shared" else str(moved.viewers)
