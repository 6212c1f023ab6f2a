"""Carrying out one step for one instance, each change stored before the next call."""

from dataclasses import replace
from datetime import timedelta

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import (
    Machine,
    MachinePhase,
    MachineRef,
    MachineSpec,
    MachineState,
    OperationKey,
    Screen,
)
from beamdesk.gateway.portal.instances.history import Result
from beamdesk.gateway.portal.instances.record import (
    VANISHED,
    InstanceError,
    InstanceRecord,
    Making,
    Operation,
)
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reconciler.calls import Calls, MachineMissing
from beamdesk.gateway.reconciler.decision import Step
from beamdesk.gateway.reconciler.journal import Journal
from beamdesk.gateway.reconciler.judgement import FAILED
from beamdesk.gateway.reconciler.metrics import LAUNCHES

__all__ = ["GivenUp", "Run"]


class GivenUp(Exception):  # noqa: N818  (says what became of the intent)
    """Nothing more can be done about the present intent: `code` and `sentence` are for the owner."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class Run:
    """Works on one instance. `record` is always what was stored last."""

    def __init__(
        self, record: InstanceRecord, calls: Calls, journal: Journal, *, ready_seconds: float
    ) -> None:
        self.record = record
        self.calls = calls
        self._journal = journal
        self._patience = timedelta(seconds=ready_seconds)

    async def carry_out(self, step: Step) -> None:
        """Do *step* from its start.

        Raises `BrokerError`, `GivenUp`, `MachineMissing`, and `Overtaken` when somebody wants something
        else meanwhile.
        """
        match step:
            case Step.CREATE:
                await self._create()
            case Step.START:
                await self._start()
            case Step.REBOOT:
                await self._reboot()
            case Step.AWAIT_READY:
                await self._await_ready()
            case Step.STOP:
                await self._stop()
            case Step.AWAIT_STOPPED:
                await self._await_stopped()
            case Step.FIND:
                await self._find()
            case Step.DELETE:
                await self._delete()
            case Step.AWAIT_ABSENCE:
                self.calls.ask_listing()
            case Step.CHECK:
                await self._check()
            case Step.SETTLE:
                await self._settle(self.record.state)
            case Step.SETTLE_STOPPED:
                await self._settle(InstanceState.STOPPED)
            case Step.SETTLE_DELETED:
                await self._settle(InstanceState.DELETED)
            case Step.NOTHING:
                return

    async def wait_with(self, sentence: str) -> None:
        """Keep the state and tell the person what is waited for."""
        self.record = await self._journal.wait_with(self.record, sentence)

    async def give_up(self, code: str, sentence: str) -> None:
        """Store that nothing more is done about the present intent."""
        after = replace(self.record, state=InstanceState.ERROR, error=InstanceError(code, sentence))
        if code == VANISHED:
            after = replace(after, making=Making.NOT_BEGUN, machine=None)
        self.record = await self._journal.settle(self.record, after, Result.FAILED, sentence)

    async def _create(self) -> None:
        resumed = self.record.state in {InstanceState.PROVISIONING, InstanceState.BOOTING}
        await self._begin(
            Operation.CREATE,
            self.record.state if resumed else InstanceState.PROVISIONING,
            "A machine is asked for.",
            making=Making.BEGUN,
        )
        async with self.calls.create(self._spec(), self._key(), self.record.machine) as next_report:
            while (report := await next_report()) is not None:
                if await self._take(report):
                    return
        raise BrokerError(BrokerReason.TRANSIENT, "The back end stopped reporting about the machine.")

    async def _take(self, report: MachineState) -> bool:
        """Store one report of a create; True for the last one."""
        after = replace(self.record, machine=report, phase=report.sentence or self.record.phase)
        match report.phase:
            case MachinePhase.RUNNING:
                await self._settle(InstanceState.READY, replace(after, making=Making.DONE))
                return True
            case MachinePhase.BOOTING:
                after = replace(after, state=InstanceState.BOOTING)
            case MachinePhase.FAILED:
                await self._write(after)
                raise GivenUp(FAILED, report.sentence or _FAILED_TO_START)
            case MachinePhase.GONE:
                raise MachineMissing
            case _:
                pass  # a machine that was booting already stays so for the person who waits
        await self._write(after)
        return False

    async def _start(self) -> None:
        ref = self._ref()
        await self._begin(Operation.START, InstanceState.BOOTING, "The machine is started.")
        await self.calls.call(lambda: self.calls.broker.start(ref, self._key()))
        await self._write(replace(self.record, operation=Operation.AWAIT_READY))
        await self._await_ready()

    async def _reboot(self) -> None:
        ref, key = self._ref(), self._key(self.record.reboot_generation)
        await self._begin(Operation.REBOOT, InstanceState.BOOTING, "The machine is restarted.")
        await self.calls.call(lambda: self.calls.broker.reboot(ref, key))
        await self._write(replace(self.record, operation=Operation.AWAIT_READY, reboot_generation=None))
        await self._await_ready()

    async def _await_ready(self) -> None:
        ref = self._ref()
        while True:
            match await self.calls.look(ref):
                case Machine(phase=MachinePhase.RUNNING) if await self.calls.answers(ref):
                    await self._settle(InstanceState.READY)
                    return
                case Machine(phase=MachinePhase.FAILED, sentence=sentence):
                    raise GivenUp(FAILED, sentence or _FAILED_TO_START)
                case _:
                    self._lose_patience("The machine was started, but its desktop does not answer.")
            await self.calls.pause()

    async def _stop(self) -> None:
        ref = self._ref()
        await self._begin(Operation.STOP, InstanceState.STOPPING, "The machine is stopped.")
        await self.calls.call(lambda: self.calls.broker.stop(ref, self._key()))
        await self._write(replace(self.record, operation=Operation.AWAIT_STOPPED))
        await self._await_stopped()

    async def _await_stopped(self) -> None:
        while True:
            match await self.calls.look(self._ref()):
                case Machine(phase=MachinePhase.STOPPED | MachinePhase.FAILED):
                    await self._settle(InstanceState.STOPPED)
                    return
                case _:
                    self._lose_patience("The machine does not stop.")
            await self.calls.pause()

    async def _find(self) -> None:
        snapshot = await self.calls.observe(None)
        found = [machine for machine in snapshot.machines if machine.instance_id == self.record.id]
        if found:
            machine = MachineState(found[0].phase, found[0].ref, found[0].sentence)
            await self._write(replace(self.record, machine=machine))
        elif snapshot.complete:
            await self._settle(InstanceState.STOPPED, replace(self.record, making=Making.NOT_BEGUN))
        else:
            raise BrokerError(BrokerReason.TRANSIENT, "The back end does not list all of its machines.")

    async def _delete(self) -> None:
        if (ref := self.record.ref) is not None:
            await self._begin(Operation.DELETE, InstanceState.DELETING, "The machine is deleted.")
            try:
                await self.calls.call(lambda: self.calls.broker.delete(ref, self._key()))
            except BrokerError as error:
                if error.reason is not BrokerReason.NOT_FOUND:
                    raise
        await self._begin(
            Operation.AWAIT_ABSENCE,
            InstanceState.DELETING,
            "The back end is asked whether the machine is gone.",
        )

    async def _check(self) -> None:
        ref = self._ref()
        machine = await self.calls.look(ref)
        if machine is None or machine.phase is not MachinePhase.RUNNING:
            self.calls.ask_listing()
        elif await self.calls.answers(ref):
            await self._write(replace(self.record, state=InstanceState.READY, phase=None))
        else:
            sentence = "The desktop does not answer."
            await self._write(replace(self.record, state=InstanceState.DEGRADED, phase=sentence))

    async def _begin(
        self, operation: Operation, state: InstanceState, phase: str, *, making: Making | None = None
    ) -> None:
        """Store what is about to be done, unless a run that was cut short did so already."""
        if self.record.operation is operation and self.record.state is state:
            phase = self.record.phase or phase
        await self._write(
            replace(
                self.record,
                operation=operation,
                state=state,
                phase=phase,
                error=None,
                making=making or self.record.making,
            )
        )

    async def _settle(self, state: InstanceState, after: InstanceRecord | None = None) -> None:
        before = self.record
        after = replace(after or before, state=state, error=None)
        if state is InstanceState.DELETED:
            after = replace(after, deleted_at=self._journal.clock.now())
        self.record = await self._journal.settle(before, after, Result.DONE)
        if state is InstanceState.READY and before.state is not state:
            operation = "create" if before.operation is Operation.CREATE else "start"
            waited = self._journal.clock.now() - before.desired_since
            LAUNCHES.labels(before.broker, operation).observe(waited.total_seconds())

    async def _write(self, after: InstanceRecord) -> None:
        if after != self.record:
            self.record = await self._journal.write(self.record, after)

    def _lose_patience(self, sentence: str) -> None:
        if self._journal.clock.now() - self.record.operation_since > self._patience:
            raise GivenUp(BrokerReason.TIMEOUT, sentence)

    def _ref(self) -> MachineRef:
        if self.record.ref is None:
            raise AssertionError("a step on a machine was decided for an instance without one")
        return self.record.ref

    def _key(self, generation: int | None = None) -> OperationKey:
        return OperationKey(f"{self.record.id}:{generation or self.record.generation}")

    def _spec(self) -> MachineSpec:
        record = self.record
        return MachineSpec(
            instance_id=record.id,
            name=record.name,
            image=record.image,
            flavour=record.flavour,
            screen=Screen(record.screen.width, record.screen.height),
            keyboard=record.keyboard,
        )


_FAILED_TO_START = "The machine failed while it was starting."
