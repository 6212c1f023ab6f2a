"""A complete broker in memory that does what a script says.

    from support.scripted_broker import Call, Cloud, ScriptedBroker

    cloud = Cloud()                  # the back end: outlives brokers, as a real one outlives gateways
    broker = ScriptedBroker("scripted", "site-a", cloud)
    broker.faults.refuse(Call.CREATE, BrokerReason.QUOTA_EXCEEDED)     # error, nothing happened
    broker.faults.lose_reply(Call.DELETE)                              # it happened, the answer is an error
    broker.faults.refuse(Call.CREATE, at=MachinePhase.BOOTING)         # error on the way to that phase
    held = broker.faults.hold(Call.START)                              # slow: waits before anything happens
    held = broker.faults.hold_reply(Call.STOP)                         # slow: waits after it happened
    await held.reached.wait(); held.release()
    broker.faults.partial_listing(hidden=[instance_id])                # observe: incomplete, lacks these
    broker.faults.heal()                                               # forget what was scripted and not used

    cloud.kill(instance_id)          # the machine dies by itself: FAILED, its log is kept
    cloud.vanish(instance_id)        # somebody removed it behind our back
    cloud.doom(instance_id)          # the next boot of this machine ends as FAILED
    cloud.plant(instance_id, "site-a")   # a machine that nobody here remembers having asked for
    cloud.of(instance_id)            # the one machine of an instance, or None; more than one fails the test
    broker.called(Call.CREATE)       # how often a call was made

Faults are used up in the order they were scripted, `times` each. `lose_reply` of a create strikes between the
back end's making of the machine and the first state that names it. Without faults every call is done
at once, with no sleep. The rules of `brokers/protocol.py` hold and the conformance suite proves it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import (
    Endpoint,
    HealthItem,
    LogPage,
    Machine,
    MachinePhase,
    MachineRef,
    MachineSpec,
    MachineState,
    Offer,
    OperationKey,
    Snapshot,
)

__all__ = ["Call", "Cloud", "CloudMachine", "Faults", "Held", "ScriptedBroker"]

_LOG_PAGE_LINES = 20
"""Small, so that a test of paging needs few lines."""


class Call(StrEnum):
    """The calls of a broker, to script faults for and to count."""

    CHECK = "check"
    OFFERS = "offers"
    CREATE = "create"
    OBSERVE = "observe"
    START = "start"
    STOP = "stop"
    REBOOT = "reboot"
    DELETE = "delete"
    ENDPOINTS = "endpoints"
    LOGS = "logs"


@dataclass(slots=True)
class CloudMachine:
    """One machine of the back end."""

    ref: MachineRef
    instance_id: str
    deployment: str
    phase: MachinePhase = MachinePhase.PROVISIONING
    spec: MachineSpec | None = None
    boots: int = 0
    last_reboot: OperationKey | None = None
    log: list[str] = field(default_factory=list)


class Cloud:
    """The back end: what really exists. Several brokers may share it, of one deployment or of many."""

    def __init__(self, *, capacity: int = 8) -> None:
        self.machines: dict[MachineRef, CloudMachine] = {}
        self.capacity = capacity
        self.endpoints: dict[str, list[Endpoint]] = {}
        """Ways into the machine of an instance, by instance id, where a test has a real server for it."""
        self._doomed: set[str] = set()
        self._numbers = count(1)

    def of(self, instance_id: str) -> CloudMachine | None:
        """The one machine of an instance; two are a fault that fails the test at once."""
        found = [machine for machine in self.machines.values() if machine.instance_id == instance_id]
        assert len(found) <= 1, f"several machines for one instance: {found}"
        return found[0] if found else None

    def plant(
        self, instance_id: str, deployment: str, phase: MachinePhase = MachinePhase.RUNNING
    ) -> CloudMachine:
        """Make a machine without any broker."""
        ref = MachineRef(f"machine-{next(self._numbers)}")
        machine = CloudMachine(ref, instance_id, deployment, phase, log=["planted"])
        self.machines[ref] = machine
        return machine

    def kill(self, instance_id: str) -> None:
        """The machine dies by itself."""
        machine = self._one(instance_id)
        machine.phase = MachinePhase.FAILED
        machine.log.append("died")

    def vanish(self, instance_id: str) -> None:
        """The machine is removed by somebody else."""
        del self.machines[self._one(instance_id).ref]

    def doom(self, instance_id: str) -> None:
        """The next boot of this instance's machine fails."""
        self._doomed.add(instance_id)

    def boot(self, machine: CloudMachine) -> None:
        """Run a machine that is to run, or let it fail when it is doomed."""
        if machine.instance_id in self._doomed:
            self._doomed.discard(machine.instance_id)
            machine.phase = MachinePhase.FAILED
            machine.log.append("boot failed")
            return
        machine.phase = MachinePhase.RUNNING
        machine.boots += 1
        machine.log.append(f"boot {machine.boots}")

    def _one(self, instance_id: str) -> CloudMachine:
        machine = self.of(instance_id)
        assert machine is not None, f"no machine of {instance_id}"
        return machine


@dataclass(slots=True)
class Held:
    """A call that waits. `reached` is set when it got here, `release` lets it go on."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _go: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self._go.set()

    async def pass_through(self) -> None:
        self.reached.set()
        await self._go.wait()


@dataclass(frozen=True, slots=True)
class _Fault:
    call: Call
    after: bool
    at: MachinePhase | None
    effect: BrokerError | Held


class Faults:
    """What is to go wrong, in order; each entry strikes once."""

    def __init__(self) -> None:
        self._waiting: list[_Fault] = []
        self._listings: deque[frozenset[str]] = deque()

    def refuse(
        self,
        call: Call,
        reason: BrokerReason = BrokerReason.TRANSIENT,
        *,
        times: int = 1,
        at: MachinePhase | None = None,
    ) -> None:
        """The call fails before it does anything; with *at*, a create fails on its way to that phase."""
        self._add(call, times, at, _error(call, reason), after=False)

    def lose_reply(self, call: Call, reason: BrokerReason = BrokerReason.TIMEOUT, *, times: int = 1) -> None:
        """The call is carried out, but the caller gets an error."""
        self._add(call, times, None, _error(call, reason), after=True)

    def hold(self, call: Call, *, at: MachinePhase | None = None) -> Held:
        """The call waits before it does anything; with *at*, a create waits on its way to that phase."""
        held = Held()
        self._add(call, 1, at, held, after=False)
        return held

    def hold_reply(self, call: Call) -> Held:
        """The call is carried out, and the answer waits."""
        held = Held()
        self._add(call, 1, None, held, after=True)
        return held

    def partial_listing(self, *, hidden: Iterable[str] = (), times: int = 1) -> None:
        """Observe answers `complete=False` and leaves out the machines of the *hidden* instance ids."""
        self._listings.extend([frozenset(hidden)] * times)

    def heal(self) -> None:
        """Forget all faults that have not struck; calls that wait already go on waiting."""
        self._waiting.clear()
        self._listings.clear()

    async def strike(self, call: Call, *, after: bool = False, at: MachinePhase | None = None) -> None:
        """Meet what was scripted for this point of this call."""
        for fault in self._waiting:
            if (fault.call, fault.after, fault.at) == (call, after, at):
                self._waiting.remove(fault)
                if isinstance(fault.effect, Held):
                    await fault.effect.pass_through()
                    return
                raise fault.effect

    def take_listing(self) -> frozenset[str] | None:
        """The instance ids to leave out of this listing, or None where it is complete."""
        return self._listings.popleft() if self._listings else None

    def _add(
        self, call: Call, times: int, at: MachinePhase | None, effect: BrokerError | Held, *, after: bool
    ) -> None:
        self._waiting.extend([_Fault(call, after, at, effect)] * times)


class ScriptedBroker:
    """`Broker` over a `Cloud`, with `faults` to script and `calls` to count."""

    def __init__(self, name: str = "scripted", deployment: str = "test", cloud: Cloud | None = None) -> None:
        self.name = name
        self.deployment = deployment
        self.cloud = cloud or Cloud()
        self.faults = Faults()
        self.calls: list[tuple[Call, str]] = []
        """Each call with the instance id (create) or the ref that it was for."""

    def called(self, call: Call, subject: str | None = None) -> int:
        """How often *call* was made, for *subject* (instance id or ref) if given."""
        return sum(1 for made, about in self.calls if made is call and subject in {None, about})

    async def check(self) -> list[HealthItem]:
        self.calls.append((Call.CHECK, ""))
        try:
            await self.faults.strike(Call.CHECK)
        except BrokerError as error:
            return [HealthItem("back end", healthy=False, sentence=error.sentence)]
        return [HealthItem("back end", healthy=True, sentence="It answers.")]

    async def offers(self) -> list[Offer]:
        self.calls.append((Call.OFFERS, ""))
        await self.faults.strike(Call.OFFERS)
        total = self.cloud.capacity
        free = max(0, total - len(self.cloud.machines))
        return [Offer(("desktop",), ("small", "large"), free, total, datetime.now(UTC))]

    async def create(
        self, spec: MachineSpec, op: OperationKey, last: MachineState | None
    ) -> AsyncIterator[MachineState]:
        self.calls.append((Call.CREATE, spec.instance_id))
        await self.faults.strike(Call.CREATE)
        if last is None:
            yield MachineState(MachinePhase.PROVISIONING, None, "The machine is asked for.", {"op": op})
        await self.faults.strike(Call.CREATE, at=MachinePhase.PROVISIONING)
        machine = self._made_or_adopted(spec)
        await self.faults.strike(Call.CREATE, after=True)
        yield MachineState(MachinePhase.PROVISIONING, machine.ref, "The machine is made.", {"op": op})
        await self.faults.strike(Call.CREATE, at=MachinePhase.BOOTING)
        if self._still(machine).phase is not MachinePhase.RUNNING:
            machine.phase = MachinePhase.BOOTING
        yield MachineState(MachinePhase.BOOTING, machine.ref, "The machine boots.", {"op": op})
        await self.faults.strike(Call.CREATE, at=MachinePhase.RUNNING)
        if self._still(machine).phase is MachinePhase.BOOTING:
            self.cloud.boot(machine)
        if machine.phase is not MachinePhase.RUNNING:
            raise BrokerError(BrokerReason.PERMANENT, "The machine failed while it was starting.")
        yield MachineState(MachinePhase.RUNNING, machine.ref, "The machine runs.", {"op": op})

    async def observe(self, refs: Sequence[MachineRef] | None) -> Snapshot:
        self.calls.append((Call.OBSERVE, ""))
        await self.faults.strike(Call.OBSERVE)
        hidden = self.faults.take_listing()
        seen = tuple(
            Machine(machine.ref, machine.instance_id, machine.phase, f"It is {machine.phase}.")
            for machine in self.cloud.machines.values()
            if machine.deployment == self.deployment
            and (refs is None or machine.ref in refs)
            and machine.instance_id not in (hidden or ())
        )
        snapshot = Snapshot(seen, complete=hidden is None, taken_at=datetime.now(UTC))
        await self.faults.strike(Call.OBSERVE, after=True)
        return snapshot

    async def start(self, ref: MachineRef, op: OperationKey) -> None:
        await self._begin(Call.START, ref)
        machine = self._known(ref)
        if machine.phase is not MachinePhase.RUNNING:
            self.cloud.boot(machine)
        await self.faults.strike(Call.START, after=True)

    async def stop(self, ref: MachineRef, op: OperationKey) -> None:
        await self._begin(Call.STOP, ref)
        self._known(ref).phase = MachinePhase.STOPPED
        await self.faults.strike(Call.STOP, after=True)

    async def reboot(self, ref: MachineRef, op: OperationKey) -> None:
        await self._begin(Call.REBOOT, ref)
        machine = self._known(ref)
        if machine.last_reboot != op:
            machine.last_reboot = op
            self.cloud.boot(machine)
        await self.faults.strike(Call.REBOOT, after=True)

    async def delete(self, ref: MachineRef, op: OperationKey) -> None:
        await self._begin(Call.DELETE, ref)
        machine = self.cloud.machines.get(ref)
        if machine is not None and machine.deployment == self.deployment:
            del self.cloud.machines[ref]
        await self.faults.strike(Call.DELETE, after=True)

    async def endpoints(self, ref: MachineRef) -> list[Endpoint]:
        await self._begin(Call.ENDPOINTS, ref)
        machine = self._known(ref)
        if machine.phase is not MachinePhase.RUNNING:
            raise BrokerError(BrokerReason.CONFLICT, "The machine does not run.")
        made_up = Endpoint(
            "desktop",
            "rfb",
            unix_path=f"/nonexistent/{ref}",
            password="full",
            view_only_password="view",
        )
        return self.cloud.endpoints.get(machine.instance_id, [made_up])

    async def logs(self, ref: MachineRef, cursor: str | None) -> LogPage:
        await self._begin(Call.LOGS, ref)
        lines = self._known(ref).log
        if cursor is not None and cursor not in map(str, range(len(lines) + 1)):
            raise BrokerError(BrokerReason.REJECTED, "This place in the log is not known.")
        first = int(cursor or 0)
        page = tuple(lines[first : first + _LOG_PAGE_LINES])
        after = first + len(page)
        return LogPage(page, str(after), more=after < len(lines))

    async def close(self) -> None:
        """Nothing is held."""

    async def _begin(self, call: Call, ref: MachineRef) -> None:
        self.calls.append((call, ref))
        await self.faults.strike(call)

    def _made_or_adopted(self, spec: MachineSpec) -> CloudMachine:
        for machine in self.cloud.machines.values():
            if (machine.deployment, machine.instance_id) == (self.deployment, spec.instance_id):
                machine.spec = machine.spec or spec
                return machine
        if len(self.cloud.machines) >= self.cloud.capacity:
            raise BrokerError(BrokerReason.CAPACITY, "All machines are taken.")
        machine = self.cloud.plant(spec.instance_id, self.deployment, MachinePhase.PROVISIONING)
        machine.spec = spec
        return machine

    def _known(self, ref: MachineRef) -> CloudMachine:
        machine = self.cloud.machines.get(ref)
        if machine is None or machine.deployment != self.deployment:
            raise BrokerError(BrokerReason.NOT_FOUND, "The machine does not exist.")
        return machine

    def _still(self, machine: CloudMachine) -> CloudMachine:
        """The machine, unless it was removed while a create was on its way."""
        return self._known(machine.ref)


def _error(call: Call, reason: BrokerReason) -> BrokerError:
    return BrokerError(reason, f"The back end said no: {reason}.", detail=f"scripted for {call}")
