"""Streams to read: hand-made vectors and what real servers sent."""

import gzip
import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.xtigervnc import Xtigervnc

CAPTURES = Path(__file__).parents[3] / "bench" / "captures"


@dataclass(frozen=True)
class Vector:
    """A stream and what libguac 1.3 and 1.6 make of it."""

    name: str
    wire: bytes
    status: str
    instructions: tuple[tuple[str, ...], ...]


def vectors() -> list[Vector]:
    return [
        Vector(
            entry["name"],
            bytes.fromhex(entry["hex"]) if "hex" in entry else entry["wire"].encode(),
            entry["status"],
            tuple(map(tuple, entry["instructions"])),
        )
        for entry in json.loads(Path(__file__).with_name("guac-vectors.json").read_text())
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "vector" in metafunc.fixturenames:
        metafunc.parametrize("vector", vectors(), ids=lambda vector: vector.name)
    if "capture" in metafunc.fixturenames:
        names = sorted(path.name for path in CAPTURES.glob("*.gz"))
        metafunc.parametrize("capture", names, indirect=True)


@pytest.fixture(scope="session")
def all_vectors() -> list[Vector]:
    return vectors()


@pytest.fixture(scope="session")
def capture(request: pytest.FixtureRequest) -> bytes:
    return gzip.decompress((CAPTURES / request.param).read_bytes())


@pytest.fixture(scope="session")
def captures() -> list[bytes]:
    return [gzip.decompress(path.read_bytes()) for path in sorted(CAPTURES.glob("*.gz"))]


PASSWORD = "geheim"


def _desktop(folder: Path, *options: str) -> Iterator[Xtigervnc]:
    """On TCP: guacd knows no unix sockets."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Xtigervnc(folder, *options, port=port, geometry="640x480") as desktop:
        yield desktop


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xtigervnc]:
    yield from _desktop(tmp_path_factory.mktemp("shared-desktop"), "-SecurityTypes", "None")


@pytest.fixture
def locked_desktop(tmp_path: Path) -> Iterator[Xtigervnc]:
    """It asks for `PASSWORD`."""
    stored = subprocess.run(
        ["tigervncpasswd", "-f"], input=PASSWORD.encode(), capture_output=True, check=True
    ).stdout
    (tmp_path / "password").write_bytes(stored)
    yield from _desktop(tmp_path, "-SecurityTypes", "VncAuth", "-PasswordFile", str(tmp_path / "password"))
