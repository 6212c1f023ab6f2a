"""What is measured, and how. All relays of a scenario run side by side and take turns."""

import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from beamdesk.bench.figures import cpu_seconds, percentile, private_bytes, queued_bytes
from beamdesk.bench.processes import started
from beamdesk.bench.relay.peers import GATEWAY, Peer, Source, running, running_source
from beamdesk.bench.relay.rfb_viewer import LoadViewer

__all__ = ["Idle", "Latency", "RfbLoad", "Stalled", "Throughput", "idle", "latency", "stalled", "throughput"]

BUSY_KIB: Final = 32
BUSY_RATE: Final = 30
"""A busy session: about 1 MB/s, a terminal that scrolls or a window that is dragged."""

_PAUSE_BETWEEN_ECHOES: Final = 0.002
_KIB_PER_MIB: Final = 1024
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class RfbLoad:
    """How much of everything."""

    volume_mib: int = 1024
    rounds: int = 5
    echoes: int = 1500
    busy: int = 50
    idle: int = 1000
    idle_seconds: float = 15
    stalled: int = 10
    unix: bool = False


@dataclass(frozen=True, slots=True)
class Throughput:
    """One relay moving bytes for one viewer; medians over the rounds."""

    relay: str
    chunk: int
    megabytes_per_second: float
    cpu_seconds_per_gb: float
    cpu_by_round: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Latency:
    """What a key press and its echo need longer than without the gateway, in milliseconds."""

    busy: int
    added_p50: float
    added_p99: float
    direct_p50: float
    direct_p99: float


@dataclass(frozen=True, slots=True)
class Idle:
    """Viewers that are connected and see a still desktop."""

    viewers: int
    kib_each: float
    cpu_percent: float
    """Of one core, heartbeats included."""


@dataclass(frozen=True, slots=True)
class Stalled:
    """Viewers that asked for much and stopped reading."""

    viewers: int
    process_kib_each: float
    """Growth of the gateway's memory."""
    kernel_kib_each: float
    """What the kernel holds in the gateway's sockets."""
    others_delay: float
    """What a key press and its echo take longer for another viewer, in milliseconds: p50 beside them less
    p50 in a gateway without them.
    """


def throughput(folder: Path, load: RfbLoad, names: Sequence[str], chunk: int) -> list[Throughput]:
    """Rounds of A B C A B C, a new connection each."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with ExitStack() as stack:
        source = stack.enter_context(running_source(folder, chunk=chunk, unix=load.unix))
        peers = [stack.enter_context(running(name, source)) for name in names]
        for peer in peers:
            _pour(peer, max(1, load.volume_mib // 8))  # warms up imports, buffers and caches
        for _ in range(load.rounds):
            for peer in peers:
                measured[peer.name].append(_pour(peer, load.volume_mib))
    return [
        Throughput(
            relay=name,
            chunk=chunk,
            megabytes_per_second=statistics.median(speed for speed, _ in rounds),
            cpu_seconds_per_gb=statistics.median(cost for _, cost in rounds),
            cpu_by_round=tuple(cost for _, cost in rounds),
        )
        for name, rounds in measured.items()
    ]


def latency(folder: Path, load: RfbLoad, *, busy: int) -> Latency:
    """Echoes through the gateway and past it in turn, with *busy* sessions going on."""
    direct: list[float] = []
    relayed: list[float] = []
    with ExitStack() as stack:
        source = stack.enter_context(running_source(folder, chunk=_CHUNK, unix=False))
        gateway = stack.enter_context(running(GATEWAY, source))
        if busy:
            stack.enter_context(_crowd(gateway, busy, "--kib", str(BUSY_KIB), "--rate", str(BUSY_RATE)))
        past = stack.enter_context(LoadViewer(source.port, websocket=False))
        through = stack.enter_context(LoadViewer(gateway.port, websocket=True))
        for viewer in (past, through):
            for _ in range(50):
                viewer.echo()
        for _ in range(load.echoes):
            direct.append(_echo(past))
            relayed.append(_echo(through))
            time.sleep(_PAUSE_BETWEEN_ECHOES)
    return Latency(
        busy=busy,
        added_p50=percentile(relayed, 0.5) - percentile(direct, 0.5),
        added_p99=percentile(relayed, 0.99) - percentile(direct, 0.99),
        direct_p50=percentile(direct, 0.5),
        direct_p99=percentile(direct, 0.99),
    )


def idle(folder: Path, load: RfbLoad) -> Idle:
    """Memory and CPU of a gateway full of viewers of still desktops."""
    with ExitStack() as stack:
        source = stack.enter_context(running_source(folder, chunk=_CHUNK, unix=load.unix))
        gateway = stack.enter_context(running(GATEWAY, source))
        _pour(gateway, 64)
        before = private_bytes(gateway.pid)
        stack.enter_context(_crowd(gateway, load.idle))
        time.sleep(2)
        began, spent = time.monotonic(), cpu_seconds(gateway.pid)
        time.sleep(load.idle_seconds)
        share = (cpu_seconds(gateway.pid) - spent) / (time.monotonic() - began)
        grown = private_bytes(gateway.pid) - before
    return Idle(viewers=load.idle, kib_each=grown / 1024 / load.idle, cpu_percent=100 * share)


def stalled(folder: Path, load: RfbLoad) -> Stalled:
    """One of two gateways has viewers that stopped reading; another viewer of each takes turns."""
    with ExitStack() as stack:
        source = stack.enter_context(running_source(folder, chunk=_CHUNK, unix=False))
        alone = stack.enter_context(running(GATEWAY, source))
        stalling_source = stack.enter_context(running_source(folder, chunk=_CHUNK, unix=False))
        beside = stack.enter_context(running(GATEWAY, stalling_source))
        undisturbed = stack.enter_context(LoadViewer(alone.port, websocket=True))
        disturbed = stack.enter_context(LoadViewer(beside.port, websocket=True))
        disturbed.echo()
        before = private_bytes(beside.pid)
        for _ in range(load.stalled):
            # A small window, so that what is not taken stays with the gateway rather than in our own socket.
            idler = LoadViewer(beside.port, websocket=True, receive_buffer=64 * 1024)
            stack.enter_context(idler).ask_for(load.volume_mib * _KIB_PER_MIB)
        time.sleep(2)
        free: list[float] = []
        slowed: list[float] = []
        for _ in range(load.echoes):
            free.append(_echo(undisturbed))
            slowed.append(_echo(disturbed))
            time.sleep(_PAUSE_BETWEEN_ECHOES)
        return Stalled(
            viewers=load.stalled,
            process_kib_each=(private_bytes(beside.pid) - before) / 1024 / load.stalled,
            kernel_kib_each=_queued(beside, stalling_source) / 1024 / load.stalled,
            others_delay=percentile(slowed, 0.5) - percentile(free, 0.5),
        )


def _pour(peer: Peer, mib: int) -> tuple[float, float]:
    """Megabytes a second and CPU seconds per gigabyte of one transfer."""
    with LoadViewer(peer.port, websocket=peer.websocket) as viewer:
        size = mib << 20
        began, spent = time.perf_counter(), cpu_seconds(peer.pid)
        viewer.ask_for(mib * _KIB_PER_MIB)
        viewer.read_to(size)
        took = time.perf_counter() - began
        # Before the connection ends, and with it websockify's process for it.
        cost = cpu_seconds(peer.pid) - spent
    return size / took / 1e6, cost / size * 1e9


def _echo(viewer: LoadViewer) -> float:
    began = time.perf_counter()
    viewer.echo()
    return (time.perf_counter() - began) * 1000


def _queued(gateway: Peer, source: Source) -> int:
    """Unsent bytes of the gateway's towards viewers, and unread ones of its own from the source."""
    return queued_bytes(gateway.port)[0] + queued_bytes(source.port)[1]


def _crowd(peer: Peer, count: int, *options: str) -> ExitStack:
    stack = ExitStack()
    stack.enter_context(started("relay.rfb_crowd", "--port", str(peer.port), "--count", str(count), *options))
    return stack
