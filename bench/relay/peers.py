"""The relays that are compared, each in a process of its own."""

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from beamdesk.bench.processes import started, terminated

__all__ = ["GATEWAY", "TCP", "WEBSOCKIFY", "Peer", "Source", "running", "running_source", "that_can_run"]

GATEWAY: Final = "gateway"
TCP: Final = "bare TCP relay"
WEBSOCKIFY: Final = "websockify"

_START_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Source:
    """Where the synthetic desktop listens."""

    port: int
    unix_path: str

    @property
    def options(self) -> tuple[str, ...]:
        return ("--unix-path", self.unix_path) if self.unix_path else ("--port", str(self.port))


@dataclass(frozen=True, slots=True)
class Peer:
    """A running relay."""

    name: str
    pid: int
    port: int
    websocket: bool


def that_can_run() -> list[str]:
    """Names of the relays that are installed; websockify is a package for development."""
    found = [TCP, GATEWAY]
    return [*found, WEBSOCKIFY] if importlib.util.find_spec("websockify") else found


@contextmanager
def running_source(folder: Path, *, chunk: int, unix: bool) -> Iterator[Source]:
    path = str(folder / f"source-{chunk}") if unix else ""
    arguments = ["--chunk", str(chunk), *(["--unix-path", path] if unix else [])]
    with started("relay.source", *arguments) as (_, told):
        try:
            yield Source(int(str(told["port"])), path)
        finally:
            Path(path or "-").unlink(missing_ok=True)


def running(name: str, source: Source) -> AbstractContextManager[Peer]:
    """One of the relays, in front of *source*."""
    start: dict[str, Callable[[Source], AbstractContextManager[Peer]]] = {
        TCP: _tcp,
        GATEWAY: _gateway,
        WEBSOCKIFY: _websockify,
    }
    return start[name](source)


@contextmanager
def _tcp(source: Source) -> Iterator[Peer]:
    with started("relay.tcp_peer", *source.options) as (pid, told):
        yield Peer(TCP, pid, int(str(told["port"])), websocket=False)


@contextmanager
def _gateway(source: Source) -> Iterator[Peer]:
    with started("relay.gateway_peer", *source.options) as (pid, told):
        yield Peer(GATEWAY, pid, int(str(told["port"])), websocket=True)


@contextmanager
def _websockify(source: Source) -> Iterator[Peer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    target = [f"--unix-target={source.unix_path}"] if source.unix_path else [f"127.0.0.1:{source.port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "websockify", f"127.0.0.1:{port}", *target],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with terminated(process):
        _wait_for(port)
        yield Peer(WEBSOCKIFY, process.pid, port, websocket=True)


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
