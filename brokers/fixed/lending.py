"""What happens to leases: each step blocks for a moment, is done in a thread, and can be repeated."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.fixed.lease import Lease
from beamdesk.brokers.fixed.leases import Leases
from beamdesk.brokers.protocol import MachinePhase, MachineRef, OperationKey

__all__ = ["Lending"]

_AT_REST = frozenset({MachinePhase.STOPPED, MachinePhase.FAILED})


class Lending:
    """The leases of one deployment, among those of all who lend the same machines."""

    def __init__(self, leases: Leases, deployment: str) -> None:
        self._leases = leases
        self._deployment = deployment

    def all(self) -> list[Lease]:
        return [lease for lease in self._leases.read().values() if lease.deployment == self._deployment]

    def check(self) -> None:
        """Raises OSError or ValueError where leases cannot be read or changed."""
        with self._leases.changing():
            pass

    def known(self, ref: MachineRef) -> Lease:
        return self._known(self._leases.read(), ref)

    def taken(self) -> set[str]:
        """The machines that anybody has, also other deployments."""
        return set(self._leases.read())

    def lend(self, instance_id: str, fitting: Sequence[str], answering: Collection[str]) -> Lease:
        """The instance's lease: the one that it has, given to it again, or a new one.

        *fitting* are the machines that would do, the best first; of them only *answering* ones are lent.
        """
        with self._leases.changing() as leases:
            lease = self._find(leases, MachineRef(instance_id))
            if lease is None:
                machine = _choose(leases, fitting, answering)
                lease = Lease.begin(machine, self._deployment, instance_id, datetime.now(UTC))
            else:
                lease = _started(lease)
            leases[lease.machine] = lease
            return lease

    def start(self, ref: MachineRef) -> str:
        """Name of the machine."""
        with self._leases.changing() as leases:
            lease = _started(self._known(leases, ref))
            leases[lease.machine] = lease
            return lease.machine

    def stop(self, ref: MachineRef) -> None:
        with self._leases.changing() as leases:
            lease = self._known(leases, ref)
            if lease.phase is not MachinePhase.STOPPED:
                sentence = "The desktop was stopped. The machine stays reserved."
                leases[lease.machine] = lease.seen(MachinePhase.STOPPED, sentence, datetime.now(UTC))

    def reboot(self, ref: MachineRef, op: OperationKey) -> str:
        """Name of the machine."""
        with self._leases.changing() as leases:
            lease = self._known(leases, ref)
            if lease.reboot != op:
                sentence = (
                    "A restart was asked for. Beamdesk cannot restart this machine: it is looked at anew."
                )
                leases[lease.machine] = replace(lease.started(sentence, datetime.now(UTC)), reboot=op)
            return lease.machine

    def give_back(self, ref: MachineRef) -> None:
        """Free the machine; success if the lease is gone already."""
        with self._leases.changing() as leases:
            lease = self._find(leases, ref)
            if lease is not None:
                del leases[lease.machine]

    def witness(self, before: Lease, phase: MachinePhase, sentence: str) -> Lease | None:
        """Store what was seen of the machine of *before*, unless its lease changed since; the lease now."""
        with self._leases.changing() as leases:
            lease = self._find(leases, before.ref)
            if lease is None or (lease.machine, lease.starts) != (before.machine, before.starts):
                return lease
            if lease.phase is before.phase:
                lease = leases[lease.machine] = lease.seen(phase, sentence, datetime.now(UTC))
            return lease

    def _find(self, leases: Mapping[str, Lease], ref: MachineRef) -> Lease | None:
        mine = (lease for lease in leases.values() if lease.deployment == self._deployment)
        return next((lease for lease in mine if lease.ref == ref), None)

    def _known(self, leases: Mapping[str, Lease], ref: MachineRef) -> Lease:
        lease = self._find(leases, ref)
        if lease is None:
            raise BrokerError(BrokerReason.NOT_FOUND, "No machine is lent to this instance.")
        return lease


def _started(lease: Lease) -> Lease:
    if lease.phase not in _AT_REST:
        return lease
    return lease.started(f"The machine {lease.machine} is given to this instance again.", datetime.now(UTC))


def _choose(leases: Mapping[str, Lease], fitting: Sequence[str], answering: Collection[str]) -> str:
    free = [machine for machine in fitting if machine not in leases]
    machine = next((machine for machine in free if machine in answering), None)
    if machine is not None:
        return machine
    if free:
        sentence = "No machine of this kind that is free answers at the moment."
    elif len(fitting) == 1:
        sentence = "The only machine of this kind is in use."
    else:
        sentence = f"All {len(fitting)} machines of this kind are in use."
    raise BrokerError(BrokerReason.CAPACITY, sentence, detail=f"free and silent: {', '.join(free) or 'none'}")
