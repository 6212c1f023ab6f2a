"""A real guacd for the tests, and its library as an oracle.

`guacd` is a running guacd 1.3 on a free port, `guacd_log` what it says; `libguac` reads streams of
instructions with the parser that guacd itself uses. Both come from Debian's packages, fetched once into the
user's cache by `gateway/setup/guacd.py`.
"""

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from beamdesk.gateway.setup import guacd as setup

START_SECONDS = 15
PARSER = Path(__file__).with_name("libguac_parser.py")


@dataclass(frozen=True)
class Guacd:
    """A running guacd. Its children are in its process group."""

    host: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path


@dataclass(frozen=True)
class Parsed:
    """What libguac reads in a stream: the whole instructions, and how it ends."""

    instructions: tuple[tuple[bytes, ...], ...]
    status: str
    """`ok`, `incomplete` or `error`."""


class LibGuac:
    """libguac's parser, in a process of its own: its libraries are older than this process's."""

    def __init__(self, launcher: Path) -> None:
        tree = next(tree for name in ("rdp", "plain") if (tree := launcher.parents[1] / name).is_dir())
        folders = [*tree.glob("usr/lib/*-linux-gnu*"), *tree.glob("lib/*-linux-gnu*")]
        self._environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, folders))}
        (self._library,) = {path.name for path in tree.glob("usr/lib/*/libguac.so.[0-9][0-9]")}

    def parse(self, streams: Sequence[bytes]) -> list[Parsed]:
        """Each stream as libguac reads it when it has all of it at once."""
        done = subprocess.run(
            [sys.executable, PARSER, self._library],
            input=pickle.dumps(list(streams)),
            env=self._environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return [Parsed(*parsed) for parsed in pickle.loads(done.stdout)]


@pytest.fixture(scope="session")
def guacd_launcher() -> Path:
    return setup.provide()


@pytest.fixture(scope="session")
def libguac(guacd_launcher: Path) -> LibGuac:
    return LibGuac(guacd_launcher)


@pytest.fixture(scope="session")
def guacd(guacd_launcher: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guacd]:
    """Shared by the run: each connection of a guacd is a process of its own."""
    # guacd's children keep this in their environment, by which they are known to belong to the run.
    home = tmp_path_factory.mktemp("shared-guacd")
    log = home / "guacd.log"
    for _ in range(5):  # somebody else may take the port first
        port = _free_port()
        with log.open("ab") as output:
            process = subprocess.Popen(
                [guacd_launcher, "-f", "-b", "127.0.0.1", "-l", str(port), "-L", "debug"],
                env={**os.environ, "HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if _accepts(process, port):
            break
    else:
        pytest.fail(f"guacd does not start: {log.read_text()}")
    yield Guacd("127.0.0.1", port, process, log)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _accepts(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.02)
    return False
