"""Who has a machine, and how far that has come."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Self

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import LogPage, Machine, MachinePhase, MachineRef, OperationKey

__all__ = ["Lease"]

_LINES_KEPT = 400
"""A line is written when something changes; a machine that comes and goes must not fill the file."""
_CURSOR_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Lease:
    """One machine lent to one instance of one deployment.

    `phase` is what was last seen: `BOOTING` until the machine has answered, `FAILED` when it fell silent,
    `STOPPED` while its person may not have it.
    """

    machine: str
    deployment: str
    instance_id: str
    phase: MachinePhase
    sentence: str
    starts: int
    """How often it was given to its person: by the lease, and by each start and reboot since."""
    reboot: OperationKey | None
    """The last reboot that was done."""
    log: tuple[str, ...]
    dropped: int
    """Lines of the log that are kept no longer."""

    @classmethod
    def begin(cls, machine: str, deployment: str, instance_id: str, at: datetime) -> Self:
        lease = cls(machine, deployment, instance_id, MachinePhase.BOOTING, "", 1, None, (), 0)
        return lease.seen(MachinePhase.BOOTING, f"The machine {machine} is lent to this instance.", at)

    @classmethod
    def from_json(cls, record: Mapping[str, object]) -> Self:
        """Raises KeyError, TypeError or ValueError where *record* is not one of `to_json`."""
        match record:
            case {
                "machine": str(machine),
                "deployment": str(deployment),
                "instance_id": str(instance_id),
                "phase": str(phase),
                "sentence": str(sentence),
                "starts": int(starts),
                "reboot": (str() | None) as reboot,
                "log": list(log),
                "dropped": int(dropped),
            }:
                return cls(
                    machine,
                    deployment,
                    instance_id,
                    MachinePhase(phase),
                    sentence,
                    starts,
                    None if reboot is None else OperationKey(reboot),
                    tuple(map(str, log)),
                    dropped,
                )
        raise ValueError("not a lease")

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @property
    def ref(self) -> MachineRef:
        """Names the lease, not the machine: a late delete must not take it from who has it next."""
        return MachineRef(self.instance_id)

    @property
    def listed(self) -> Machine:
        return Machine(self.ref, self.instance_id, self.phase, self.sentence)

    def seen(self, phase: MachinePhase, sentence: str, at: datetime) -> Self:
        """In another phase, with a line in the log."""
        log = (*self.log, f"{at:%Y-%m-%dT%H:%M:%SZ} {sentence}")
        surplus = max(0, len(log) - _LINES_KEPT)
        return replace(
            self, phase=phase, sentence=sentence, log=log[surplus:], dropped=self.dropped + surplus
        )

    def started(self, sentence: str, at: datetime) -> Self:
        """Given to its person once more; whether it answers is asked anew."""
        return replace(self.seen(MachinePhase.BOOTING, sentence, at), starts=self.starts + 1)

    def page(self, cursor: str | None) -> LogPage:
        """The log from *cursor*, the number of a line, or from the oldest kept."""
        end = self.dropped + len(self.log)
        first = _number(cursor) if cursor is not None else self.dropped
        if first is None or first > end:
            raise BrokerError(BrokerReason.REJECTED, "This place in the log is not known.")
        return LogPage(self.log[max(0, first - self.dropped) :], str(end), more=False)


def _number(cursor: str) -> int | None:
    plain = cursor.isascii() and cursor.isdecimal() and len(cursor) <= _CURSOR_DIGITS
    return int(cursor) if plain else None
