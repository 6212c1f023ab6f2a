"""The relays that are compared, each in a process of its own."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from beamdesk.bench.processes import started, terminated
from beamdesk.bench.relay.guac_source import PORTION

__all__ = [
    "GATEWAY",
    "GUACAMOLE_LITE",
    "TCP",
    "WEBSOCKIFY",
    "GuacPeer",
    "GuacSource",
    "Peer",
    "Source",
    "guacamole_that_can_run",
    "running",
    "running_guac_source",
    "running_guacamole",
    "running_source",
    "that_can_run",
]

GATEWAY: Final = "gateway"
TCP: Final = "bare TCP relay"
WEBSOCKIFY: Final = "websockify"
GUACAMOLE_LITE: Final = "guacamole-lite"

_START_SECONDS: Final = 10
_FROM_NPM: Final = Path(__file__).parents[1] / "peers"


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
    """A running relay of RFB."""

    name: str
    pid: int
    port: int
    websocket: bool


@dataclass(frozen=True, slots=True)
class GuacSource:
    """Where the synthetic guacd listens, and what it pours at a time."""

    port: int
    portion: int
    """Bytes."""
    instructions: int
    """In a portion."""


@dataclass(frozen=True, slots=True)
class GuacPeer:
    """A running relay of Guacamole."""

    name: str
    pid: int
    port: int
    path: str | None
    """Of its WebSocket; {} is the number of a desktop. None: it relays TCP, and viewers shake hands."""

    def desktop(self, number: int) -> str | None:
        return None if self.path is None else self.path.format(number)


def that_can_run() -> list[str]:
    """Names of the relays of RFB that are installed; websockify is a package for development."""
    found = [TCP, GATEWAY]
    return [*found, WEBSOCKIFY] if importlib.util.find_spec("websockify") else found


def guacamole_that_can_run() -> list[str]:
    """Names of the relays of Guacamole that are installed; guacamole-lite comes with `make bench`."""
    found = [TCP, GATEWAY]
    there = _node() is not None and (_FROM_NPM / "node_modules" / "guacamole-lite").is_dir()
    return [*found, GUACAMOLE_LITE] if there else found


@contextmanager
def running_source(folder: Path, *, chunk: int, unix: bool) -> Iterator[Source]:
    path = str(folder / f"source-{chunk}") if unix else ""
    arguments = ["--chunk", str(chunk), *(["--unix-path", path] if unix else [])]
    with started("relay.rfb_source", *arguments) as (_, told):
        try:
            yield Source(int(str(told["port"])), path)
        finally:
            Path(path or "-").unlink(missing_ok=True)


@contextmanager
def running_guac_source(capture: Path, *, portion: int = PORTION) -> Iterator[GuacSource]:
    options = ("--capture", str(capture), "--portion", str(portion))
    with started("relay.guac_source", *options) as (_, told):
        port, size, instructions = (int(str(told[name])) for name in ("port", "portion", "instructions"))
        yield GuacSource(port, size, instructions)


def running(name: str, source: Source) -> AbstractContextManager[Peer]:
    """One of the relays of RFB, in front of *source*."""
    start: dict[str, Callable[[Source], AbstractContextManager[Peer]]] = {
        TCP: _tcp,
        GATEWAY: _gateway,
        WEBSOCKIFY: _websockify,
    }
    return start[name](source)


def running_guacamole(name: str, source: GuacSource) -> AbstractContextManager[GuacPeer]:
    """One of the relays of Guacamole, in front of *source*."""
    start: dict[str, Callable[[GuacSource], AbstractContextManager[GuacPeer]]] = {
        TCP: _tcp_to_guacd,
        GATEWAY: _guacamole_gateway,
        GUACAMOLE_LITE: _guacamole_lite,
    }
    return start[name](source)


@contextmanager
def _tcp(source: Source) -> Iterator[Peer]:
    with started("relay.tcp_peer", *source.options) as (pid, told):
        yield Peer(TCP, pid, int(str(told["port"])), websocket=False)


@contextmanager
def _gateway(source: Source) -> Iterator[Peer]:
    with started("relay.rfb_gateway_peer", *source.options) as (pid, told):
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


@contextmanager
def _tcp_to_guacd(source: GuacSource) -> Iterator[GuacPeer]:
    with started("relay.tcp_peer", "--port", str(source.port)) as (pid, told):
        yield GuacPeer(TCP, pid, int(str(told["port"])), path=None)


@contextmanager
def _guacamole_gateway(source: GuacSource) -> Iterator[GuacPeer]:
    with started("relay.guac_gateway_peer", "--port", str(source.port)) as (pid, told):
        yield GuacPeer(GATEWAY, pid, int(str(told["port"])), path="/stream/guacamole?ticket=desktop-{}")


@contextmanager
def _guacamole_lite(source: GuacSource) -> Iterator[GuacPeer]:
    process = subprocess.Popen(
        [_node() or "node", str(_FROM_NPM / "guacamole_lite.js"), str(source.port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    with terminated(process):
        if process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        with process.stdout as told:
            announced = json.loads(told.readline())
            path = f"/?token={announced['token']}&desktop={{}}"
            yield GuacPeer(GUACAMOLE_LITE, process.pid, announced["port"], path=path)


def _node() -> str | None:
    """Node, which `make setup` may have put beside Python."""
    return shutil.which("node", path=os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"])))


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
