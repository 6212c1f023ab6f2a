"""The broker protocol over machines that exist already."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar

import structlog

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.fixed.access import ways_into
from beamdesk.brokers.fixed.lease import Lease
from beamdesk.brokers.fixed.leases import Leases
from beamdesk.brokers.fixed.lending import Lending
from beamdesk.brokers.fixed.settings import FixedSettings, MachineSettings
from beamdesk.brokers.fixed.watch import Watch
from beamdesk.brokers.protocol import (
    Endpoint,
    HealthItem,
    LogPage,
    MachinePhase,
    MachineRef,
    MachineSpec,
    MachineState,
    Offer,
    OperationKey,
    Snapshot,
)

__all__ = ["FixedBroker"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_THREADS = 2
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 2.0
_INSTANCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_REMOVED = "This machine is no longer in the configuration."

log = structlog.get_logger(__name__)


class FixedBroker:
    """Lends machines. A ref is the id of the instance that has the machine."""

    settings_model = FixedSettings

    def __init__(self, name: str, deployment: str, settings: FixedSettings) -> None:
        self.name = name
        self._machines = {machine.name: machine for machine in settings.machines}
        self._silence_seconds = settings.silence_seconds
        self._lending = Lending(Leases(settings.folder), deployment)
        self._watch = Watch(settings, self._ways_into)
        self._silent_since: dict[str, tuple[tuple[str, int], float]] = {}
        """By machine: for which start of which lease, and since when on the monotonic clock."""
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"broker-{name}")

    async def check(self) -> list[HealthItem]:
        items = [await self._check_leases()]
        for name, machine in self._machines.items():
            silent = await self._watch.silence_of(machine)
            sentence = f"{name} answers." if silent is None else f"{name} does not answer: {silent.detail}."
            items.append(HealthItem(f"machine {name}", healthy=silent is None, sentence=sentence))
        return items

    async def offers(self) -> list[Offer]:
        """One for each kind of machine; only those that are free and answer count as free."""
        taken = await self._in_thread(self._lending.taken)
        free = await self._watch.answering(
            machine for name, machine in self._machines.items() if name not in taken
        )
        now = datetime.now(UTC)
        kinds = Counter((machine.image, machine.flavour) for machine in self._machines.values())
        free_kinds = Counter((self._machines[name].image, self._machines[name].flavour) for name in free)
        return [
            Offer((image,), (flavour,), free_kinds[image, flavour], total, now)
            for (image, flavour), total in kinds.items()
        ]

    async def create(
        self, spec: MachineSpec, op: OperationKey, last: MachineState | None
    ) -> AsyncIterator[MachineState]:
        # The leases tell more than `last` and `op` could: they are read, not remembered.
        fitting = self._fitting(spec)
        ref = MachineRef(spec.instance_id)
        if last is None:
            yield MachineState(MachinePhase.PROVISIONING, ref, "A free machine is looked for.")
        taken = await self._in_thread(self._lending.taken)
        answering = await self._watch.answering(self._machines[name] for name in fitting if name not in taken)
        lease = await self._in_thread(self._lending.lend, spec.instance_id, fitting, answering)
        yield MachineState(
            MachinePhase.BOOTING, ref, f"The machine {lease.machine} is asked whether it answers."
        )
        lease = await self._until_running(ref)
        yield MachineState(MachinePhase.RUNNING, ref, lease.sentence)

    async def observe(self, refs: Sequence[MachineRef] | None) -> Snapshot:
        leases = await self._in_thread(self._lending.all)
        wanted = [lease for lease in leases if refs is None or lease.ref in refs]
        looked_at = await asyncio.gather(*map(self._look_at, wanted))
        machines = tuple(lease.listed for lease in looked_at if lease is not None)
        return Snapshot(machines, complete=True, taken_at=datetime.now(UTC))

    async def start(self, ref: MachineRef, op: OperationKey) -> None:
        """Give the machine to its person again; the machine itself is not touched."""
        self._watch.forget(await self._in_thread(self._lending.start, ref))

    async def stop(self, ref: MachineRef, op: OperationKey) -> None:
        """Withhold the machine from its person, who keeps it; the machine itself is not touched."""
        await self._in_thread(self._lending.stop, ref)

    async def reboot(self, ref: MachineRef, op: OperationKey) -> None:
        """Look at the machine anew; the machine itself is not touched."""
        self._watch.forget(await self._in_thread(self._lending.reboot, ref, op))

    async def delete(self, ref: MachineRef, op: OperationKey) -> None:
        """Free the machine for others; the machine itself is not touched."""
        await self._in_thread(self._lending.give_back, ref)

    async def endpoints(self, ref: MachineRef) -> list[Endpoint]:
        lease = await self._in_thread(self._lending.known, ref)
        if lease.phase is not MachinePhase.RUNNING:
            raise BrokerError(BrokerReason.CONFLICT, "The machine does not run.", detail=lease.sentence)
        machine = self._machines.get(lease.machine)
        if machine is None:
            raise BrokerError(BrokerReason.CONFLICT, _REMOVED)
        return await self._ways_into(machine)

    async def logs(self, ref: MachineRef, cursor: str | None) -> LogPage:
        lease = await self._in_thread(self._lending.known, ref)
        return lease.page(cursor)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)

    async def _ways_into(self, machine: MachineSettings) -> list[Endpoint]:
        return await self._in_thread(ways_into, machine)

    async def _check_leases(self) -> HealthItem:
        try:
            await self._in_thread(self._lending.check)
        except BrokerError as error:
            return HealthItem("leases", healthy=False, sentence=f"{error.sentence} {error.detail}")
        return HealthItem("leases", healthy=True, sentence="The leases can be read and written.")

    def _fitting(self, spec: MachineSpec) -> list[str]:
        """Names of the machines that would do, in the order of the configuration."""
        if _INSTANCE_ID.fullmatch(spec.instance_id) is None:
            raise BrokerError(
                BrokerReason.REJECTED, "This name of an instance cannot be used.", detail=repr(spec)
            )
        fitting = [
            name
            for name, machine in self._machines.items()
            if (machine.image, machine.flavour) == (spec.image, spec.flavour)
        ]
        if not fitting:
            sentence = "There is no machine of this kind here."
            raise BrokerError(BrokerReason.REJECTED, sentence, detail=repr(spec))
        return fitting

    async def _until_running(self, ref: MachineRef) -> Lease:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            known = await self._in_thread(self._lending.known, ref)
            lease = await self._look_at(known)
            match lease.phase if lease is not None else MachinePhase.GONE:
                case MachinePhase.RUNNING:
                    return lease or known
                case MachinePhase.FAILED:
                    raise BrokerError(BrokerReason.PERMANENT, (lease or known).sentence)
                case MachinePhase.STOPPED:
                    raise BrokerError(BrokerReason.CONFLICT, "The desktop was stopped while it started.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _look_at(self, lease: Lease) -> Lease | None:
        """The lease as it is after a look at its machine; None when it was given back meanwhile."""
        if lease.phase is MachinePhase.STOPPED:
            return lease
        machine = self._machines.get(lease.machine)
        phase, sentence = await self._judge(lease, machine) if machine else (MachinePhase.FAILED, _REMOVED)
        if phase is lease.phase:
            return lease
        log.info(
            "machine changed",
            broker=self.name,
            machine=lease.machine,
            instance=lease.instance_id,
            phase=phase,
        )
        return await self._in_thread(self._lending.witness, lease, phase, sentence)

    async def _judge(self, lease: Lease, machine: MachineSettings) -> tuple[MachinePhase, str]:
        silent = await self._watch.silence_of(machine)
        if silent is None:
            self._silent_since.pop(lease.machine, None)
            return MachinePhase.RUNNING, f"The machine {lease.machine} answers."
        start = (lease.instance_id, lease.starts)
        known_start, since = self._silent_since.get(lease.machine, (start, monotonic()))
        if known_start != start:
            since = monotonic()
        self._silent_since[lease.machine] = (start, since)
        if monotonic() - since < self._silence_seconds:
            # A service that is restarted, or a lost packet, must not end anybody's work.
            return lease.phase, lease.sentence
        if lease.phase is not MachinePhase.FAILED:
            log.warning("machine is silent", broker=self.name, machine=lease.machine, detail=silent.detail)
        return MachinePhase.FAILED, f"The machine {lease.machine} does not answer."

    async def _in_thread(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Files are not touched on the event loop. What is cancelled here is finished there."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, partial(call, *args, **kwargs))
        except (OSError, ValueError) as error:
            raise _as_broker_error(error) from error


def _as_broker_error(error: OSError | ValueError) -> BrokerError:
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        sentence = "It cannot be written down just now who has which machine."
        return BrokerError(BrokerReason.TRANSIENT, sentence, detail=detail)
    return BrokerError(BrokerReason.PERMANENT, "It cannot be read who has which machine.", detail=detail)
