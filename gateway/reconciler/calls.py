"""Calls to one back end about one machine: bounded in number and time, and cut short by a newer intent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from beamdesk.brokers.protocol import (
    Broker,
    Endpoint,
    Machine,
    MachinePhase,
    MachineRef,
    MachineSpec,
    MachineState,
    OperationKey,
    Snapshot,
)
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.reconciler.interruption import Interruption
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from beamdesk.gateway.reconciler.readiness import Probe

__all__ = ["BrokerSeat", "Calls", "MachineMissing"]

Result = TypeVar("Result")


class MachineMissing(Exception):  # noqa: N818  (an answer of the back end)
    """The back end proves that the machine does not exist."""


@dataclass(frozen=True, slots=True)
class BrokerSeat:
    """One broker with what is shared by all that work on it."""

    broker: Broker
    slots: asyncio.Semaphore
    """As many as operations may run there at the same time."""
    ask_listing: Callable[[], None]
    """Has the back end listed soon."""


class Calls:
    """The calls of one operation. All may raise `BrokerError`, and `Overtaken` after `interrupt`."""

    def __init__(self, seat: BrokerSeat, clock: Clock, probe: Probe, options: ReconcilerOptions) -> None:
        self.broker = seat.broker
        self.ask_listing = seat.ask_listing
        self._slots = seat.slots
        self._clock = clock
        self._probe = probe
        self._options = options
        self._pause = options.first_look_seconds
        self._interruption = Interruption()

    def interrupt(self) -> None:
        """End what is waited for now, or next, with `Overtaken`."""
        self._interruption.interrupt()

    async def call(self, calling: Callable[[], Awaitable[Result]]) -> Result:
        """What *calling* gives, in a slot and in time."""
        async with self._slot(), self._interruption.waiting(self._options.call_seconds):
            return await calling()

    @asynccontextmanager
    async def create(
        self, spec: MachineSpec, op: OperationKey, last: MachineState | None
    ) -> AsyncIterator[Callable[[], Awaitable[MachineState | None]]]:
        """Gives one report of a create after the other, then None; the create ends with the block."""
        reports = self.broker.create(spec, op, last)
        async with self._slot(), AsyncExitStack() as stack:
            if isinstance(reports, AsyncGenerator):
                stack.push_async_callback(reports.aclose)
            yield lambda: self._next(reports)

    async def observe(self, refs: Sequence[MachineRef] | None) -> Snapshot:
        return await self.call(lambda: self.broker.observe(refs))

    async def look(self, ref: MachineRef) -> Machine | None:
        """The machine as the back end sees it, None when it cannot say. Raises `MachineMissing`."""
        snapshot = await self.observe([ref])
        found = [machine for machine in snapshot.machines if machine.ref == ref]
        if found[0].phase is MachinePhase.GONE if found else snapshot.complete:
            raise MachineMissing
        return found[0] if found else None

    async def pause(self) -> None:
        """Wait before the next look, twice as long each time."""
        async with self._interruption.waiting(None):
            await self._clock.sleep(self._pause)
        self._pause = min(self._pause * 2, self._options.longest_look_seconds)

    async def answers(self, ref: MachineRef) -> bool:
        """Whether each way into the machine answers in its own protocol."""
        endpoints: list[Endpoint] = await self.call(lambda: self.broker.endpoints(ref))
        for endpoint in endpoints:
            async with self._interruption.waiting(None):
                if not await self._probe(endpoint):
                    return False
        return bool(endpoints)

    async def _next(self, reports: AsyncIterator[MachineState]) -> MachineState | None:
        async with self._interruption.waiting(self._options.step_seconds):
            return await anext(reports, None)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        async with self._interruption.waiting(None):
            await self._slots.acquire()
        try:
            yield
        finally:
            self._slots.release()
