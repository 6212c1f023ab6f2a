"""Child processes that tell where they listen."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

__all__ = ["STOP_SECONDS", "announce", "started", "terminated"]

STOP_SECONDS = 5


def announce(**values: object) -> None:
    """Called by a child once: tell the parent where it listens."""
    print(json.dumps(values), flush=True)


@contextmanager
def started(module: str, *arguments: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Run a module of this package until the context ends; its pid and what it announced."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"beamdesk.bench.{module}", *arguments],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    with terminated(process):
        if process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        with process.stdout as told:
            line = told.readline()
            if not line:
                raise RuntimeError(f"beamdesk.bench.{module} ended before it listened")
            yield process.pid, cast("dict[str, object]", json.loads(line))


@contextmanager
def terminated(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """End *process* when the context ends."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
