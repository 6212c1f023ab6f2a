"""Kills a gateway at a chosen point: before and after every call to its back end and every commit."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from beamdesk.brokers.protocol import (
    Broker,
    Endpoint,
    HealthItem,
    LogPage,
    MachineRef,
    MachineSpec,
    MachineState,
    Offer,
    OperationKey,
    Snapshot,
)
from beamdesk.gateway.storage.database import Database

__all__ = ["Guillotine", "MortalBroker", "MortalDatabase"]


class Guillotine:
    """Falls at the point number *at*. Whoever gets there, or to a later point, never goes on."""

    def __init__(self, at: int) -> None:
        self.fallen = asyncio.Event()
        self._left = at

    async def point(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.fallen.set()
            await asyncio.Event().wait()


class MortalDatabase(Database):
    """The same database, used by a gateway that may die around every commit."""

    def __init__(self, database: Database, guillotine: Guillotine) -> None:
        self._alive = database
        self._guillotine = guillotine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._alive.transaction() as session:
            yield session
            await self._guillotine.point()
        await self._guillotine.point()

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._alive.reading()


class MortalBroker:
    """The same back end, used by a gateway that may die around every call."""

    def __init__(self, broker: Broker, guillotine: Guillotine) -> None:
        self.name = broker.name
        self._broker = broker
        self._guillotine = guillotine

    async def create(
        self, spec: MachineSpec, op: OperationKey, last: MachineState | None
    ) -> AsyncGenerator[MachineState]:
        await self._guillotine.point()
        async for state in self._broker.create(spec, op, last):
            await self._guillotine.point()
            yield state
            await self._guillotine.point()

    async def observe(self, refs: Sequence[MachineRef] | None) -> Snapshot:
        await self._guillotine.point()
        snapshot = await self._broker.observe(refs)
        await self._guillotine.point()
        return snapshot

    async def start(self, ref: MachineRef, op: OperationKey) -> None:
        await self._guillotine.point()
        await self._broker.start(ref, op)
        await self._guillotine.point()

    async def stop(self, ref: MachineRef, op: OperationKey) -> None:
        await self._guillotine.point()
        await self._broker.stop(ref, op)
        await self._guillotine.point()

    async def reboot(self, ref: MachineRef, op: OperationKey) -> None:
        await self._guillotine.point()
        await self._broker.reboot(ref, op)
        await self._guillotine.point()

    async def delete(self, ref: MachineRef, op: OperationKey) -> None:
        await self._guillotine.point()
        await self._broker.delete(ref, op)
        await self._guillotine.point()

    async def endpoints(self, ref: MachineRef) -> list[Endpoint]:
        await self._guillotine.point()
        return await self._broker.endpoints(ref)

    async def check(self) -> list[HealthItem]:
        return await self._broker.check()

    async def offers(self) -> list[Offer]:
        return await self._broker.offers()

    async def logs(self, ref: MachineRef, cursor: str | None) -> LogPage:
        return await self._broker.logs(ref, cursor)

    async def close(self) -> None:
        await self._broker.close()
