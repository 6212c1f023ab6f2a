"""Asks each back end again and again for everything that it has, and stores what that proves."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from beamdesk.brokers.errors import BrokerError
from beamdesk.brokers.protocol import Broker, Machine, Snapshot
from beamdesk.gateway.portal.instances.history import Result
from beamdesk.gateway.portal.instances.record import InstanceRecord, Making
from beamdesk.gateway.reconciler.interruption import Interruption
from beamdesk.gateway.reconciler.journal import Journal, Overtaken
from beamdesk.gateway.reconciler.judgement import Adjusted, Confirmed, Witnessed, judge
from beamdesk.gateway.reconciler.metrics import LISTINGS, ORPHANS
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from beamdesk.gateway.reconciler.patience import SILENCES, Circuit
from beamdesk.gateway.tickets import InstanceId

__all__ = ["BrokerHealth", "Observer"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BrokerHealth:
    """What the latest listing of one back end said."""

    broker: str
    answers: bool
    sentence: str
    as_of: datetime | None
    """When the latest listing that succeeded began."""
    orphans: tuple[Machine, ...] = ()
    """Machines with our tag that belong to no instance. They are reported and never touched."""


class Observer:
    """Looks at one back end."""

    def __init__(
        self,
        name: str,
        broker: Broker,
        journal: Journal,
        *,
        circuit: Circuit,
        look_at: Callable[[InstanceId], None],
        options: ReconcilerOptions,
    ) -> None:
        self.health = BrokerHealth(name, answers=True, sentence="Not asked yet.", as_of=None)
        self._name = name
        self._broker = broker
        self._journal = journal
        self._circuit = circuit
        self._look_at = look_at
        self._options = options
        self._wanted = asyncio.Event()
        self._interruption = Interruption()

    def ask(self) -> None:
        """Have a listing begin soon; many who ask get the same one."""
        self._wanted.set()

    def stop(self) -> None:
        """End `run` as soon as what it is storing is stored."""
        self._interruption.interrupt()

    async def run(self) -> None:
        """Look every now and then, and when asked to; ends after `stop`."""
        with suppress(Overtaken):
            while True:
                self._wanted.clear()
                await self._try_to_look()
                timer = self._journal.clock.call_later(self._options.observe_seconds, self._wanted.set)
                try:
                    async with self._interruption.waiting(None):
                        await self._wanted.wait()
                finally:
                    timer.cancel()

    async def _try_to_look(self) -> None:
        try:
            await self.look()
        except Overtaken:
            raise
        except Exception:
            # A fault of ours or of the database: what is stored stays, the next look may fare better.
            log.exception("listing could not be stored", broker=self._name)
            LISTINGS.labels(self._name, "fault").inc()

    async def look(self) -> None:
        """One listing, and what it proves."""
        began = self._journal.clock.now()
        records = await self._journal.live(self._name)
        try:
            async with self._interruption.waiting(self._options.call_seconds):
                snapshot = await self._broker.observe(None)
        except BrokerError as error:
            await self._take_failure(records, error)
            return
        self._circuit.answered()
        LISTINGS.labels(self._name, "complete" if snapshot.complete else "partial").inc()
        seen = {machine.instance_id: machine for machine in snapshot.machines}
        await self._flag(records, seen, complete=snapshot.complete)
        for record in records:
            await self._judge(record, seen.get(record.id), snapshot, began)
        await self._report(snapshot, began)

    async def _take_failure(self, records: list[InstanceRecord], error: BrokerError) -> None:
        if error.reason in SILENCES:
            self._circuit.silent(self._journal.clock.monotonic())
        LISTINGS.labels(self._name, error.reason).inc()
        log.warning("back end does not list", broker=self._name, reason=error.reason, detail=error.detail)
        self.health = BrokerHealth(
            self._name,
            answers=False,
            sentence=error.sentence,
            as_of=self.health.as_of,
            orphans=self.health.orphans,
        )
        made = [record for record in records if record.making is not Making.NOT_BEGUN]
        await self._journal.flag_unreachable(made, unreachable=True)

    async def _flag(
        self, records: list[InstanceRecord], seen: Mapping[str, Machine], *, complete: bool
    ) -> None:
        """A machine that an incomplete listing lacks may be there: nobody can say."""
        unsure = [r for r in records if not complete and r.ref is not None and r.id not in seen]
        sure = [r for r in records if complete or r.id in seen]
        await self._journal.flag_unreachable(unsure, unreachable=True)
        await self._journal.flag_unreachable(sure, unreachable=False)

    async def _judge(
        self, record: InstanceRecord, machine: Machine | None, snapshot: Snapshot, began: datetime
    ) -> None:
        verdict = judge(
            record,
            machine,
            complete=snapshot.complete,
            now=began,
            settle_seconds=self._options.settle_seconds,
            delete_again_seconds=self._options.delete_again_seconds,
        )
        try:
            match verdict:
                case None:
                    return
                case Confirmed(after):
                    await self._journal.settle(record, after, Result.DONE)
                case Adjusted(after):
                    await self._journal.write(record, after)
                case Witnessed(after, what, sentence):
                    await self._journal.witness(record, after, what, sentence)
                    log.warning("machine changed by itself", instance=record.id, what=what, sentence=sentence)
        except Overtaken:
            return  # judged on what is no longer so; the next listing sees the newer record
        self._look_at(record.id)

    async def _report(self, snapshot: Snapshot, began: datetime) -> None:
        # Asked after the listing: an instance that was requested meanwhile has a row by now.
        living = await self._journal.live_ids({machine.instance_id for machine in snapshot.machines})
        orphans = tuple(machine for machine in snapshot.machines if machine.instance_id not in living)
        known = {machine.ref for machine in self.health.orphans}
        for machine in orphans:
            if machine.ref not in known:
                log.warning(
                    "machine belongs to no instance",
                    broker=self._name,
                    machine=machine.ref,
                    instance=machine.instance_id,
                )
        ORPHANS.labels(self._name).set(len(orphans))
        self.health = BrokerHealth(
            self._name, answers=True, sentence="It answers.", as_of=began, orphans=orphans
        )
