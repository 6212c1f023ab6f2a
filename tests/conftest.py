"""What every test lives under: nothing blocks the loop, no task and no process is left behind."""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
from blockbuster import BlockBuster

pytest_plugins = ["support.postgresql", "support.guacd", "support.portal_people"]

_SHARED = "shared-"
"""Folders of fixtures that live as long as the run begin with this; their processes may stay."""


@pytest.fixture(autouse=True)
async def _no_task_left(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """After each asynchronous test the only task alive is the one that asks."""
    yield
    if not inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        return
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not left, f"tasks left behind: {left}"


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    """Blocking calls made by Beamdesk's own code inside the event loop raise BlockingError."""
    detector = BlockBuster(scanned_modules=["beamdesk"])
    # Reading the state of local processes and sockets' options does not wait for anybody.
    detector.activate()
    yield
    detector.deactivate()


@pytest.fixture(autouse=True)
def _no_process_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Processes that a test started, also detached ones, are gone when it ends."""
    before = {process.pid for process in _processes_of_this_run(tmp_path_factory.getbasetemp())}
    yield
    started = [
        process
        for process in _processes_of_this_run(tmp_path_factory.getbasetemp())
        if process.pid not in before
    ]
    _, left = psutil.wait_procs(started, timeout=5)
    described = [_describe(process) for process in left]
    for process in left:
        process.kill()
    assert not described, f"processes left behind: {described}"


def _processes_of_this_run(base: Path) -> list[psutil.Process]:
    """Children of this process, and any process that mentions this run's temporary folder."""
    me = os.getpid()
    children = {child.pid for child in psutil.Process(me).children(recursive=True)}
    mark, shared = str(base).encode() + b"/", f"{base}/{_SHARED}".encode()
    found = []
    for process in psutil.process_iter():
        if process.pid == me:
            continue
        said = _said_by(process.pid)
        if shared in said:
            continue
        if mark in said or (process.pid in children and not _belongs_to_driver(process)):
            found.append(process)
    return found


def _said_by(pid: int) -> bytes:
    said = b""
    for name in ("cmdline", "environ"):
        try:
            said += Path(f"/proc/{pid}/{name}").read_bytes() + b"\0"
        except OSError:
            continue
    return said


def _belongs_to_driver(process: psutil.Process) -> bool:
    """The browser driver and its Chromium are shared by the run and are ended with it."""
    try:
        line = " ".join(process.cmdline())
        return "playwright" in line or "chrom" in line or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return f"{process.pid} (gone)"
