"""Gives each instance its turn, one operation at a time, and judges what went wrong."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import Broker
from beamdesk.gateway.bus import Bus, DesktopDoubted, IntentChanged, Subscription
from beamdesk.gateway.clock import Clock, SystemClock
from beamdesk.gateway.portal.instances.record import VANISHED, InstanceRecord
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reconciler.calls import BrokerSeat, Calls, MachineMissing
from beamdesk.gateway.reconciler.decision import Step, decide
from beamdesk.gateway.reconciler.interruption import Interruption
from beamdesk.gateway.reconciler.journal import EndViewers, Journal, Overtaken
from beamdesk.gateway.reconciler.judgement import VANISHED_SENTENCE
from beamdesk.gateway.reconciler.metrics import OPERATIONS
from beamdesk.gateway.reconciler.observer import BrokerHealth, Observer
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from beamdesk.gateway.reconciler.patience import SILENCES, BackOff, Circuit
from beamdesk.gateway.reconciler.queue import WorkQueue
from beamdesk.gateway.reconciler.readiness import Probe, answers
from beamdesk.gateway.reconciler.run import GivenUp, Run
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import InstanceId

__all__ = ["Reconciler"]

log = structlog.get_logger(__name__)

_WITHOUT_CALLS = frozenset({Step.SETTLE, Step.SETTLE_STOPPED, Step.SETTLE_DELETED, Step.AWAIT_ABSENCE})
_ON_A_MACHINE = frozenset(
    {Step.START, Step.REBOOT, Step.AWAIT_READY, Step.STOP, Step.AWAIT_STOPPED, Step.CHECK}
)
_SPARED = "The back end does not answer. It is asked again soon."
_UNKNOWN_BROKER = "The back end of this instance is not configured any more."


@dataclass(frozen=True, slots=True)
class _Place:
    """One back end, with all that belongs to it here."""

    seat: BrokerSeat
    circuit: Circuit
    observer: Observer


class Reconciler:
    """Makes desired states so, as long as `run` runs.

    It may be killed at any point: all that it knows beyond the database is how long to wait before it
    tries again. *end_viewers* ends the streams of a desktop that goes away; *probe* says whether a desktop
    answers; *chance* gives numbers from 0 to 1 for jitter.
    """

    def __init__(
        self,
        brokers: Mapping[str, Broker],
        database: Database,
        bus: Bus,
        *,
        end_viewers: EndViewers,
        probe: Probe = answers,
        clock: Clock | None = None,
        options: ReconcilerOptions | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._bus = bus
        self._clock = clock or SystemClock()
        self._options = options or ReconcilerOptions()
        self._probe = probe
        self._chance = chance
        self._journal = Journal(database, bus, self._clock, end_viewers)
        self._queue: WorkQueue[InstanceId] = WorkQueue(self._clock)
        self._places = {name: self._place(name, broker) for name, broker in brokers.items()}
        self._runs: dict[InstanceId, Run] = {}
        self._back_offs: dict[InstanceId, BackOff] = {}
        self._doubted: set[InstanceId] = set()
        self._stopping = False
        self._sweeping = Interruption()
        self._storing: set[asyncio.Task[None]] = set()
        """Tasks that may be in the middle of a transaction."""

    @property
    def health(self) -> tuple[BrokerHealth, ...]:
        """What the latest listing of each back end said."""
        return tuple(place.observer.health for place in self._places.values())

    @property
    def is_idle(self) -> bool:
        """Whether nothing is worked on or waits for anything but time."""
        return self._queue.is_idle

    async def run(self) -> None:
        """Work until cancelled, once; then what is being stored is stored, and waits are cut short."""
        # Subscribed before the database is read: what is wanted from here on is heard of.
        with self._bus.subscribe(IntentChanged, DesktopDoubted) as news:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(news), name="reconciler: news")
                    self._start(group, self._sweep(), "reconciler: sweep")
                    for name, place in self._places.items():
                        self._start(group, place.observer.run(), f"reconciler: observe {name}")
                    try:
                        while True:
                            instance_id = await self._queue.take()
                            self._start(group, self._work(instance_id), f"reconciler: {instance_id}")
                    except asyncio.CancelledError:
                        await self._wind_down()
                        raise
            finally:
                self._queue.close()

    def _start(self, group: asyncio.TaskGroup, work: Coroutine[None, None, None], name: str) -> None:
        task = group.create_task(work, name=name)
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def _wind_down(self) -> None:
        self._stopping = True
        # A database's driver that is cancelled in the middle of a statement loses its connection.
        self._sweeping.interrupt()
        for place in self._places.values():
            place.observer.stop()
        for run in self._runs.values():
            run.calls.interrupt()
        if self._storing:
            await asyncio.wait(self._storing, timeout=self._options.stop_seconds)

    async def _listen(self, news: Subscription) -> None:
        async for event in news:
            match event:
                case IntentChanged(instance_id):
                    if (run := self._runs.get(instance_id)) is not None:
                        run.calls.interrupt()
                    self._queue.add(instance_id)
                case DesktopDoubted(instance_id):
                    self._doubted.add(instance_id)
                    self._queue.add(instance_id)
                case _:
                    await self._enqueue_unfinished()

    async def _sweep(self) -> None:
        """Find what a crash left, and what another gateway on the same database was asked for."""
        with suppress(Overtaken):
            while True:
                try:
                    await self._enqueue_unfinished()
                except Exception:
                    log.exception("unfinished work could not be read")
                async with self._sweeping.waiting(None):
                    await self._clock.sleep(self._options.sweep_seconds)

    async def _enqueue_unfinished(self) -> None:
        for instance_id in await self._journal.unfinished():
            if instance_id not in self._runs and instance_id not in self._queue.delayed:
                self._queue.add(instance_id)

    async def _work(self, instance_id: InstanceId) -> None:
        try:
            await self._bring_nearer(instance_id)
        except Overtaken:
            # With a newer intent the key waits already; else another gateway works on it, too.
            self._queue.add(instance_id, delay=self._delay(instance_id))
        except Exception:
            log.exception("operation failed by a fault of ours", instance=instance_id)
            self._queue.add(instance_id, delay=self._delay(instance_id))
        finally:
            self._runs.pop(instance_id, None)
            self._queue.done(instance_id)

    async def _bring_nearer(self, instance_id: InstanceId) -> None:
        """Do one step after the other until nothing is left to do but to wait."""
        record = await self._journal.read(instance_id)
        if record is None:
            return
        place = self._places.get(record.broker)
        if place is None:
            await self._tell_unknown_broker(record)
            return
        calls = Calls(place.seat, self._clock, self._probe, self._options)
        run = Run(record, calls, self._journal, ready_seconds=self._options.ready_seconds)
        self._runs[instance_id] = run
        if self._stopping:
            return
        while (step := self._step(run.record)) is not Step.NOTHING:
            if not await self._may_go_on(run, step, place.circuit):
                return
            if not await self._do(run, step, place.circuit):
                return
        self._back_offs.pop(instance_id, None)

    def _step(self, record: InstanceRecord) -> Step:
        step = decide(record)
        doubted = record.id in self._doubted
        self._doubted.discard(record.id)
        return Step.CHECK if doubted and step is Step.NOTHING and record.state.is_open else step

    async def _may_go_on(self, run: Run, step: Step, circuit: Circuit) -> bool:
        """Whether the back end may be asked now; else the instance waits its turn."""
        if step in _WITHOUT_CALLS:
            return True
        wait = circuit.wait(self._clock.monotonic())
        if wait <= 0:
            return True
        if step is not Step.CHECK:
            await run.wait_with(_SPARED)
        self._queue.add(run.record.id, delay=wait)
        return False

    async def _do(self, run: Run, step: Step, circuit: Circuit) -> bool:
        """Do one step; False where the next has to wait."""
        broker, instance_id = run.record.broker, run.record.id
        try:
            await run.carry_out(step)
        except Overtaken:
            OPERATIONS.labels(broker, step, "overtaken").inc()
            raise
        except MachineMissing:
            OPERATIONS.labels(broker, step, BrokerReason.NOT_FOUND).inc()
            await run.give_up(VANISHED, VANISHED_SENTENCE)
        except GivenUp as end:
            OPERATIONS.labels(broker, step, end.code).inc()
            await run.give_up(end.code, end.sentence)
        except BrokerError as error:
            OPERATIONS.labels(broker, step, error.reason).inc()
            return await self._take_error(run, step, error, circuit)
        except Exception:
            OPERATIONS.labels(broker, step, "fault").inc()
            raise
        else:
            OPERATIONS.labels(broker, step, "done").inc()
            if step not in _WITHOUT_CALLS:
                circuit.answered()
        if run.record.state is InstanceState.DEGRADED and run.record.is_settled:
            self._queue.add(instance_id, delay=self._delay(instance_id))
            return False
        return step not in {Step.AWAIT_ABSENCE, Step.CHECK}

    async def _take_error(self, run: Run, step: Step, error: BrokerError, circuit: Circuit) -> bool:
        log.warning(
            "operation failed",
            instance=run.record.id,
            broker=run.record.broker,
            operation=step,
            reason=error.reason,
            detail=error.detail,
        )
        if error.reason in SILENCES:
            circuit.silent(self._clock.monotonic())
        else:
            circuit.answered()
        if error.reason is BrokerReason.NOT_FOUND and step in _ON_A_MACHINE:
            await run.give_up(VANISHED, VANISHED_SENTENCE)
            return True
        if not error.try_again and step is not Step.CHECK:
            await run.give_up(error.reason, error.sentence)
            return True
        if step is not Step.CHECK:
            await run.wait_with(error.sentence)
        self._queue.add(run.record.id, delay=self._delay(run.record.id))
        return False

    async def _tell_unknown_broker(self, record: InstanceRecord) -> None:
        if decide(record) is Step.NOTHING:
            return
        log.error("broker is not configured", instance=record.id, broker=record.broker)
        await self._journal.wait_with(record, _UNKNOWN_BROKER)
        self._queue.add(record.id, delay=self._options.longest_delay_seconds)

    def _delay(self, instance_id: InstanceId) -> float:
        if instance_id not in self._back_offs:
            self._back_offs[instance_id] = BackOff(
                self._options.first_delay_seconds, self._options.longest_delay_seconds, self._chance
            )
        return self._back_offs[instance_id].next()

    def _place(self, name: str, broker: Broker) -> _Place:
        circuit = Circuit(
            self._options.circuit_failures,
            self._options.circuit_first_seconds,
            self._options.circuit_longest_seconds,
        )
        observer = Observer(
            name,
            broker,
            self._journal,
            circuit=circuit,
            look_at=self._queue.add,
            options=self._options,
        )
        seat = BrokerSeat(broker, asyncio.Semaphore(self._options.calls_per_broker), observer.ask)
        return _Place(seat, circuit, observer)
