"""Storing steps: the only way in which the reconciler writes."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

from beamdesk.gateway.bus import Bus, InstanceChanged
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.portal.instances import history, store
from beamdesk.gateway.portal.instances.record import InstanceRecord, Operation
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import InstanceId

__all__ = ["EndViewers", "Journal", "Overtaken"]

EndViewers = Callable[[InstanceId, EndReason], None]

_STOPS = frozenset(
    {InstanceState.STOPPING, InstanceState.STOPPED, InstanceState.DELETING, InstanceState.DELETED}
)


class Overtaken(Exception):  # noqa: N818  (nothing went wrong)
    """The instance is no longer what the step was decided on: somebody wants something else of it."""


class Journal:
    """Stores steps and tells who has to know: the bus, and the viewers of a desktop that goes away."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, end_viewers: EndViewers) -> None:
        self.clock = clock
        self._database = database
        self._bus = bus
        self._end_viewers = end_viewers

    async def read(self, instance_id: InstanceId) -> InstanceRecord | None:
        """The instance as it is now."""
        async with self._database.reading() as session:
            return await store.get(session, instance_id)

    async def live(self, broker: str) -> list[InstanceRecord]:
        """The instances of *broker* that are not deleted."""
        async with self._database.reading() as session:
            return await store.live(session, broker)

    async def live_ids(self, among: set[str]) -> set[str]:
        """Those of *among* that are ids of instances that are not deleted."""
        async with self._database.reading() as session:
            return await store.live_ids(session, among)

    async def unfinished(self) -> list[InstanceId]:
        """Instances on which there is something to do."""
        async with self._database.reading() as session:
            return await store.unfinished(session)

    async def write(self, before: InstanceRecord, after: InstanceRecord) -> InstanceRecord:
        """Store one step; raises `Overtaken` when *before* is no longer what is stored."""
        return await self._store(before, after)

    async def wait_with(self, record: InstanceRecord, sentence: str) -> InstanceRecord:
        """Keep the state and store what is waited for; raises `Overtaken` like `write`."""
        if record.phase == sentence:
            return record
        return await self._store(record, replace(record, phase=sentence))

    async def settle(
        self,
        before: InstanceRecord,
        after: InstanceRecord,
        result: history.Result,
        sentence: str = "",
    ) -> InstanceRecord:
        """Store the last step of the present intent, with its result; raises `Overtaken` like `write`."""
        after = replace(
            after,
            operation=Operation.NONE,
            settled_generation=after.generation,
            reboot_generation=None,
            phase=None,
        )
        return await self._store(before, after, settled=(result, sentence))

    async def witness(
        self, before: InstanceRecord, after: InstanceRecord, what: str, sentence: str
    ) -> InstanceRecord:
        """Store what happened to an instance by itself; raises `Overtaken` like `write`."""
        return await self._store(before, after, witnessed=(what, sentence))

    async def flag_unreachable(self, records: list[InstanceRecord], *, unreachable: bool) -> None:
        """Store whether the back end answers for these instances, where that is news."""
        news = [record for record in records if record.unreachable is not unreachable]
        if not news:
            return
        async with self._telling(*news), self._database.transaction() as session:
            await store.set_unreachable(session, [record.id for record in news], unreachable=unreachable)

    async def _store(
        self,
        before: InstanceRecord,
        after: InstanceRecord,
        *,
        settled: tuple[history.Result, str] | None = None,
        witnessed: tuple[str, str] | None = None,
    ) -> InstanceRecord:
        now = self.clock.now()
        async with self._telling(before), self._database.transaction() as session:
            stored = await store.save(session, before, after, now)
            if stored is None:
                raise Overtaken
            if settled is not None:
                result, sentence = settled
                await history.settle(session, before.id, after.generation, result=result, sentence=sentence)
            if witnessed is not None:
                what, sentence = witnessed
                await history.note(
                    session,
                    before.id,
                    at=now,
                    who=None,
                    what=what,
                    result=history.Result.DONE,
                    sentence=sentence,
                )
        if stored.state is not before.state:
            self._end_viewers_of(before, stored.state)
        return stored

    def _end_viewers_of(self, before: InstanceRecord, state: InstanceState) -> None:
        if state in _STOPS:
            # Also where it was not open before: a viewer may have been on its way in.
            self._end_viewers(before.id, EndReason.DESKTOP_STOPPED)
        elif before.state.is_open and not state.is_open:
            self._end_viewers(before.id, EndReason.DESKTOP_ENDED)

    def _telling(self, *records: InstanceRecord) -> AsyncExitStack:
        """Tells the bus when the block ends, however it ends.

        A cancelled commit may have happened all the same, and a hint too many does no harm.
        """
        stack = AsyncExitStack()
        for record in records:
            stack.callback(self._bus.publish, InstanceChanged(record.id, record.owner_id))
        return stack
