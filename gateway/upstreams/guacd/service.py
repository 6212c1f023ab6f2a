"""A guacd of the gateway's own, on this computer: started, watched, and started again when it dies."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress

__all__ = ["LocalGuacd"]

START_SECONDS: Final = 15.0
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 30.0
STOP_SECONDS: Final = 5.0

_LOOPBACK: Final = "127.0.0.1"
_LONGEST_LINE: Final = 400
_LONGEST_READ: Final = 16 * 1024

_log = structlog.stdlib.get_logger(__name__)


class LocalGuacd:
    """Runs *launcher*, a guacd, on a free port of the loopback interface while `run` runs.

    It ends with the gateway, also when that is killed; the processes that guacd makes for connections end
    with their users.
    """

    def __init__(self, launcher: Path, clock: Clock) -> None:
        self._launcher = launcher
        self._clock = clock
        self._port: int | None = None
        self.pid: int | None = None
        """Of the running guacd."""

    def address(self) -> GuacdAddress:
        """Where it listens; raises `UpstreamFailed` while it does not."""
        if self._port is None:
            raise UpstreamFailed(EndReason.RELAY_FAILED, "guacd is not running")
        return GuacdAddress(_LOOPBACK, self._port)

    async def run(self) -> None:
        """Keep it running until cancelled."""
        pause = FIRST_PAUSE
        while True:
            began = self._clock.monotonic()
            try:
                await self._run_once()
            except (OSError, TimeoutError) as error:
                _log.warning("guacd does not start", launcher=str(self._launcher), detail=str(error))
            if self._clock.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run_once(self) -> None:
        port = _free_port()
        with _logged_output() as output:
            process = await asyncio.create_subprocess_exec(
                *_dying_with_us(),
                str(self._launcher),
                *("-f", "-b", _LOOPBACK, "-l", str(port), "-L", "info"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C at the terminal is for the gateway, which stops it in order
            )
            try:
                await _until_it_accepts(process, port)
                self._port, self.pid = port, process.pid
                _log.info("guacd runs", port=port, pid=process.pid)
                _log.warning("guacd ended", code=await process.wait())
            finally:
                self._port = self.pid = None
                await _stop(process)


async def _until_it_accepts(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection(_LOOPBACK, port)
            except ConnectionError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
    raise OSError(f"it ended with code {process.returncode}")


def _dying_with_us() -> tuple[str, ...]:
    """A prefix with which the kernel ends the process when the gateway is gone; empty without such a tool."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv is not None else ()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def _logged_output() -> Iterator[int]:
    """A descriptor for a process to write on; what it says goes to our log while the context lasts.

    Not a pipe of asyncio's: that one ends with its last writer, and guacd's children outlive guacd.
    """
    loop = asyncio.get_running_loop()
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    unfinished = b""

    def log_lines() -> None:
        nonlocal unfinished
        *lines, unfinished = (unfinished + os.read(read_end, _LONGEST_READ)).split(b"\n")
        unfinished = unfinished[:_LONGEST_LINE]
        for line in lines:
            level = _log.warning if b"ERROR" in line else _log.debug
            level("guacd says", line=line[:_LONGEST_LINE].decode(errors="replace"))

    loop.add_reader(read_end, log_lines)
    try:
        yield write_end
    finally:
        loop.remove_reader(read_end)
        os.close(read_end)
        os.close(write_end)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
