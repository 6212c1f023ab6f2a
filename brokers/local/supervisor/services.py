"""The programs of a session: started in stages, started again when they end."""

import os
import time
from collections.abc import Callable

from beamdesk.brokers.local.supervisor.log import Log
from beamdesk.brokers.local.supervisor.loop import Loop
from beamdesk.brokers.local.supervisor.plan import READY_FD, ServicePlan
from beamdesk.brokers.local.supervisor.programs import Programs

__all__ = ["Services"]

_FIRST_DELAY = 0.1
_MOST_RESTARTS = 5
_STEADY_SECONDS = 30.0
"""A program that lived this long has its earlier failures forgotten."""


class _Service:
    """One program; `restarts` counts those in a row that followed a short life."""

    def __init__(self, plan: ServicePlan) -> None:
        self.plan = plan
        self.began = 0.0
        self.restarts = 0


class Services:
    """Logging out of a desktop ends its session program: it is started again, as a fresh session."""

    def __init__(
        self,
        loop: Loop,
        log: Log,
        programs: Programs,
        stages: tuple[tuple[ServicePlan, ...], ...],
        give_up: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._log = log
        self._programs = programs
        self._waiting = list(stages)
        self._give_up = give_up
        self._running: dict[int, _Service] = {}
        self._unready = 0
        self._stopped = False

    def start(self) -> None:
        """Start the first stage; the others follow by themselves."""
        while self._waiting and self._unready == 0:
            for plan in self._waiting.pop(0):
                self._run(_Service(plan), first=True)

    def stop(self) -> None:
        """Start nothing more."""
        self._stopped = True

    def on_child(self, pid: int, status: int) -> None:
        """A child ended; orphans that are not services do not matter."""
        service = self._running.pop(pid, None)
        if service is None or self._stopped:
            return
        if time.monotonic() - service.began > _STEADY_SECONDS:
            service.restarts = 0
        service.restarts += 1
        ending = f"ended with {_described(status)}"
        if service.restarts > _MOST_RESTARTS:
            self._log.write("supervisor", f"{service.plan.name} {ending}, again and again: given up")
            if service.plan.essential:
                self._give_up(service.plan.name)
            return
        self._log.write("supervisor", f"{service.plan.name} {ending}, starting it again")
        self._loop.after(_FIRST_DELAY * 2**service.restarts, lambda: self._run(service))

    def _run(self, service: _Service, *, first: bool = False) -> None:
        if self._stopped:
            return
        service.began = time.monotonic()
        name, command = service.plan.name, service.plan.command
        if READY_FD not in command:
            self._running[self._programs.start(name, command)] = service
            return
        ready, says_ready = os.pipe()
        self._running[self._programs.start(name, command, {READY_FD: says_ready})] = service
        os.close(says_ready)
        if first:
            self._unready += 1
            self._loop.reader(ready, lambda: self._is_ready(ready))
        else:
            self._loop.stream(ready, lambda _output: None)

    def _is_ready(self, descriptor: int) -> None:
        """It said so, or it ended: in both cases waiting longer helps nobody."""
        self._loop.forget(descriptor)
        self._unready -= 1
        self.start()


def _described(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"exit code {os.WEXITSTATUS(status)}"
