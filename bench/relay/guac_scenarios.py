"""What is measured of relays between guacd and viewers, and how. All relays of a scenario run side by side
and take turns.
"""

import selectors
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from beamdesk.bench.figures import cpu_seconds, percentile, private_bytes, queued_bytes
from beamdesk.bench.processes import started
from beamdesk.bench.relay.guac_source import PORTION
from beamdesk.bench.relay.guac_viewer import GuacViewer
from beamdesk.bench.relay.peers import (
    GATEWAY,
    GUACAMOLE_LITE,
    GuacPeer,
    GuacSource,
    running_guac_source,
    running_guacamole,
)

__all__ = [
    "CAPTURES",
    "GuacLoad",
    "Held",
    "Memory",
    "Moved",
    "Responses",
    "Shape",
    "held",
    "memory",
    "moved",
    "responses",
]

CAPTURES: Final = {
    "guacd 1.3, scrolling": "guacd-1.3-vnc-1280x800-scroll.guac.gz",
    "guacd 1.6, scrolling": "guacd-1.6-vnc-1280x800-scroll.guac.gz",
    "guacd 1.6, WebP": "guacd-1.6-vnc-1280x800-text-webp.guac.gz",
}

_BUSY_CAPTURE: Final = CAPTURES["guacd 1.6, WebP"]
_FOLDER: Final = Path(__file__).parents[1] / "captures"
_AHEAD: Final = 2
"""Portions that a viewer has asked for and not yet got."""
_PAUSE_BETWEEN_ECHOES: Final = 0.002
_FEW: Final = 50
_MEASURED: Final = 1_000_000
"""The number of a desktop that no crowd looks at."""


@dataclass(frozen=True, slots=True)
class GuacLoad:
    """How much of everything. A portion is about a mebibyte."""

    portions: int = 512
    lite_portions: int = 32
    """guacamole-lite needs as much time for these."""
    rounds: int = 5
    settling_seconds: float = 1.5
    """Viewers look on for so long before anything counts: desktops are looked at for hours."""
    captures: tuple[str, ...] = tuple(CAPTURES)
    viewers: tuple[int, ...] = (1, 50, 200)
    sharing: int = 10
    echoes: int = 1500
    busy: int = 50
    idle: int = 200
    stalled: int = 10
    watch_seconds: float = 20


Shape = Literal["own", "shared"]


@dataclass(frozen=True, slots=True)
class Moved:
    """One relay moving a captured stream to viewers at full speed; medians over the rounds."""

    relay: str
    capture: str
    viewers: int
    shape: Shape
    """Whether viewers have a desktop each, or share one."""
    megabytes_per_second: float
    instructions_per_second: float
    cpu_seconds_per_gb: float
    """Of what viewers got."""
    cpu_by_round: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Responses:
    """What goes through a relay less what goes past it, in milliseconds, with *busy* desktops at play."""

    relay: str
    busy: int
    key_p50: float
    key_p99: float
    """A key press until the frame that shows it."""
    sync_p50: float
    sync_p99: float
    """guacd's `sync` until the viewer has it."""
    direct_key_p50: float
    direct_key_p99: float
    cpu_percent: float
    """Of one core, that the relay takes meanwhile."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a viewer of a still desktop of its own costs a relay."""

    relay: str
    viewers: int
    kib_each: float


@dataclass(frozen=True, slots=True)
class Held:
    """Viewers of one desktop at play, some of which stop reading."""

    stalled: int
    process_kib_each: float
    """Growth of the gateway's memory."""
    kernel_kib_each: float
    """What the kernel holds in the gateway's sockets."""
    frames_before: float
    """A second, at another viewer of the same desktop."""
    frames_beside: float
    """The same while they do not read."""


def moved(load: GuacLoad, names: Sequence[str], capture: str, viewers: int, shape: Shape) -> list[Moved]:
    """Rounds of A B C A B C, with new connections each."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with ExitStack() as stack:
        # guacamole-lite ends whoever gets nothing for ten seconds: many take turns with less each.
        portion = PORTION if viewers <= _FEW else PORTION // 8
        source = stack.enter_context(running_guac_source(_FOLDER / CAPTURES[capture], portion=portion))
        peers = [stack.enter_context(running_guacamole(name, source)) for name in names]
        for number in range(-1, load.rounds):  # the first warms up imports, buffers and caches
            for peer in peers:
                found = _pour(load, peer, source, viewers, shape)
                if number >= 0:
                    measured[peer.name].append(found)
    density = source.instructions / source.portion
    return [
        Moved(
            relay=name,
            capture=capture,
            viewers=viewers,
            shape=shape,
            megabytes_per_second=(speed := statistics.median(speed for speed, _ in rounds)),
            instructions_per_second=speed * 1e6 * density,
            cpu_seconds_per_gb=statistics.median(cost for _, cost in rounds),
            cpu_by_round=tuple(cost for _, cost in rounds),
        )
        for name, rounds in measured.items()
    ]


def responses(load: GuacLoad, name: str, busy: int) -> Responses:
    """Key presses through the relay and past it in turn."""
    direct: list[tuple[int, int]] = []
    relayed: list[tuple[int, int]] = []
    with ExitStack() as stack:
        source = stack.enter_context(running_guac_source(_FOLDER / _BUSY_CAPTURE))
        relay = stack.enter_context(running_guacamole(name, source))
        if busy:
            stack.enter_context(_crowd(relay, busy, "--busy"))
        past = stack.enter_context(GuacViewer(source.port, None))
        through = stack.enter_context(GuacViewer(relay.port, relay.desktop(_MEASURED)))
        for _ in range(50):
            past.echo()
            through.echo()
        began, spent = time.monotonic(), cpu_seconds(relay.pid)
        for _ in range(load.echoes):
            direct.append(past.echo())
            relayed.append(through.echo())
            time.sleep(_PAUSE_BETWEEN_ECHOES)
        share = (cpu_seconds(relay.pid) - spent) / (time.monotonic() - began)
    keys, syncs = zip(*relayed, strict=True)
    direct_keys, direct_syncs = zip(*direct, strict=True)
    return Responses(
        relay=name,
        busy=busy,
        key_p50=_added(keys, direct_keys, 0.5),
        key_p99=_added(keys, direct_keys, 0.99),
        sync_p50=_added(syncs, direct_syncs, 0.5),
        sync_p99=_added(syncs, direct_syncs, 0.99),
        direct_key_p50=percentile(direct_keys, 0.5) / 1000,
        direct_key_p99=percentile(direct_keys, 0.99) / 1000,
        cpu_percent=100 * share,
    )


def memory(load: GuacLoad, name: str) -> Memory:
    """How much a relay grows by viewers that look at still desktops."""
    with ExitStack() as stack:
        source = stack.enter_context(running_guac_source(_FOLDER / _BUSY_CAPTURE))
        relay = stack.enter_context(running_guacamole(name, source))
        with GuacViewer(relay.port, relay.desktop(_MEASURED)):
            before = private_bytes(relay.pid)
        stack.enter_context(_crowd(relay, load.idle))
        time.sleep(1)
        grown = private_bytes(relay.pid) - before
    return Memory(name, load.idle, grown / 1024 / load.idle)


def held(load: GuacLoad) -> Held:
    """Some viewers of a desktop stop reading, as soon as they are there."""
    with ExitStack() as stack:
        source = stack.enter_context(running_guac_source(_FOLDER / _BUSY_CAPTURE))
        gateway = stack.enter_context(running_guacamole(GATEWAY, source))
        one, another = (stack.enter_context(GuacViewer(gateway.port, gateway.desktop(0))) for _ in range(2))
        one.play()
        _watch([one, another], 1)
        before = _watch([one, another], load.watch_seconds)
        memory_before, queued_before = private_bytes(gateway.pid), _queued(gateway, source)
        for _ in range(load.stalled):
            # A small window, so that what is not taken stays with the gateway rather than in our own socket.
            idler = GuacViewer(gateway.port, gateway.desktop(0), receive_buffer=64 * 1024)
            stack.enter_context(idler)
        most_memory = most_queued = 0
        beside: list[float] = []
        for _ in range(round(load.watch_seconds)):
            beside.append(_watch([one, another], 1))
            most_memory = max(most_memory, private_bytes(gateway.pid))
            most_queued = max(most_queued, _queued(gateway, source))
        return Held(
            stalled=load.stalled,
            process_kib_each=(most_memory - memory_before) / 1024 / load.stalled,
            kernel_kib_each=(most_queued - queued_before) / 1024 / load.stalled,
            frames_before=before,
            frames_beside=statistics.mean(beside),
        )


def _pour(
    load: GuacLoad, peer: GuacPeer, source: GuacSource, viewers: int, shape: Shape
) -> tuple[float, float]:
    """Megabytes a second of all viewers, and CPU seconds of the relay per gigabyte that they got."""
    volume = PORTION * (load.lite_portions if peer.name == GUACAMOLE_LITE else load.portions)
    portions = max(1, volume // source.portion // viewers)
    with ExitStack() as stack:
        looking = [stack.enter_context(viewer) for viewer in _viewers(peer, viewers, shape)]
        _settle(looking, load.settling_seconds)
        waiting = selectors.DefaultSelector()
        for viewer in looking:
            viewer.payload = 0  # those who came first have seen the echoes of those who came later
            waiting.register(viewer.socket, selectors.EVENT_READ, viewer)
        size = portions * source.portion
        began, spent = time.perf_counter(), cpu_seconds(peer.pid)
        asked = dict.fromkeys(looking if shape == "own" else looking[:1], 0)
        for viewer in asked:
            asked[viewer] = min(_AHEAD, portions)
            viewer.ask_for(asked[viewer])
        left = set(looking)
        while left:
            for key, _ in waiting.select():
                viewer = key.data
                viewer.read_some()
                if asked.get(viewer, portions) < min(portions, viewer.payload // source.portion + _AHEAD):
                    asked[viewer] += 1
                    viewer.ask_for(1)
                if viewer.payload >= size:
                    left.discard(viewer)
        took = time.perf_counter() - began
        cost = cpu_seconds(peer.pid) - spent
    return size * viewers / took / 1e6, cost / (size * viewers) * 1e9


def _settle(viewers: Sequence[GuacViewer], seconds: float) -> None:
    """Let every desktop show something now and then, as they do."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for viewer in viewers:
            viewer.echo()
        time.sleep(_PAUSE_BETWEEN_ECHOES)


def _viewers(peer: GuacPeer, count: int, shape: Shape) -> Iterator[GuacViewer]:
    """Past a gateway, who shares a desktop joins the first one's connection."""
    first = ""
    for number in range(count):
        desktop = peer.desktop(number if shape == "own" else 0)
        viewer = GuacViewer(peer.port, desktop, joins=first)
        first = first or (viewer.connection if shape == "shared" else "")
        yield viewer


def _watch(viewers: Sequence[GuacViewer], seconds: float) -> float:
    """Frames a second of the first one, while all of them are read."""
    waiting = selectors.DefaultSelector()
    for viewer in viewers:
        waiting.register(viewer.socket, selectors.EVENT_READ, viewer)
    seen, end = viewers[0].frames, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for key, _ in waiting.select(left):
            key.data.read_frames()
    return (viewers[0].frames - seen) / seconds


def _added(relayed: Sequence[int], direct: Sequence[int], share: float) -> float:
    return (percentile(relayed, share) - percentile(direct, share)) / 1000


def _queued(gateway: GuacPeer, source: GuacSource) -> int:
    """Unsent bytes of the gateway's towards viewers, and unread ones of its own from the source."""
    return queued_bytes(gateway.port)[0] + queued_bytes(source.port)[1]


def _crowd(peer: GuacPeer, count: int, *options: str) -> ExitStack:
    stack = ExitStack()
    arguments = ("--port", str(peer.port), "--count", str(count), "--path", peer.path or "")
    stack.enter_context(started("relay.guac_crowd", *arguments, *options))
    return stack
