"""One thread waiting for everything: pipes and sockets, timers, signals, children that end."""

import contextlib
import heapq
import os
import select
import signal
import time
from collections.abc import Callable
from itertools import count

__all__ = ["Loop"]

_READ_BYTES = 65536


class Loop:
    """Calls back when something can be read, is due, or ended; `turn` waits for the next such thing."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.asked_to_stop = False
        self.on_child: Callable[[int, int], None] = lambda _pid, _status: None
        """Called with process id and wait status of each child that ended, adopted orphans included."""
        self._wake_up, writer = os.pipe()
        os.set_blocking(self._wake_up, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self.reader(self._wake_up, self._woken)

    def reader(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call *call* whenever *descriptor* can be read or was closed by the other side."""
        self._readers[descriptor] = call
        self._poll.register(descriptor, select.POLLIN)

    def forget(self, descriptor: int) -> None:
        """Stop watching *descriptor* and close it."""
        if self._readers.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)
            os.close(descriptor)

    def stream(self, descriptor: int, take: Callable[[bytes], None]) -> None:
        """Give what comes from a pipe to *take*, and an empty string once at its end."""
        os.set_blocking(descriptor, False)

        def read() -> None:
            try:
                output = os.read(descriptor, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                output = b""
            if not output:
                self.forget(descriptor)
            take(output)

        self.reader(descriptor, read)

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), call))

    def turn(self, longest: float | None = None) -> None:
        """Wait, at most *longest* seconds, and make the calls that are due."""
        waits = [] if longest is None else [longest]
        if self._timers:
            waits.append(self._timers[0][0] - time.monotonic())
        wait = max(0.0, min(waits)) * 1000 if waits else None
        for descriptor, _ in self._poll.poll(wait):
            # An earlier call of this round may have closed it.
            if descriptor in self._readers:
                self._readers[descriptor]()
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()

    def _stop(self, _number: int, _frame: object) -> None:
        self.asked_to_stop = True

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_up, _READ_BYTES)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.on_child(pid, status)
