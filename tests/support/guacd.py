"""A real guacd for the tests, and its library as an oracle.

`guacd` is a running guacd 1.3 on a free port, `guacd_with_rdp` one that speaks RDP, too; `libguac` reads
streams of instructions with the parser that guacd itself uses. All come from Debian's packages, fetched once
into the user's cache by `gateway/setup/guacd.py`.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from beamdesk.gateway.setup import guacd as setup
from support.ports import free_port, listens

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
    with _running(guacd_launcher, tmp_path_factory.mktemp("shared-guacd")) as running:
        yield running


@pytest.fixture(scope="session")
def guacd_with_rdp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guacd]:
    """As `guacd`, with the plug-in for RDP, which is much to fetch the first time."""
    with _running(setup.provide(rdp=True), tmp_path_factory.mktemp("shared-guacd-rdp")) as running:
        yield running


@contextlib.contextmanager
def _running(launcher: Path, home: Path) -> Iterator[Guacd]:
    """A guacd whose children keep *home* in their environment: by it they are known to belong to the run."""
    log = home / "guacd.log"
    for _ in range(5):  # somebody else may take the port first
        port = free_port()
        with log.open("ab") as output:
            process = subprocess.Popen(
                [launcher, "-f", "-b", "127.0.0.1", "-l", str(port), "-L", "debug"],
                env={**os.environ, "HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if listens(process, port):
            break
    else:
        pytest.fail(f"guacd does not start: {log.read_text()}")
    yield Guacd("127.0.0.1", port, process, log)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
