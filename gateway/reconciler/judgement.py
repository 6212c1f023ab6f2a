"""What a listing says about one instance: a function of both, and of nothing else.

The record was read before the listing began; whoever stores the verdict does so on that revision, so that
a machine that was made or removed in the meantime is never judged by an older listing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from beamdesk.brokers.protocol import Machine, MachinePhase, MachineState
from beamdesk.gateway.portal.instances.record import (
    VANISHED,
    InstanceError,
    InstanceRecord,
    Making,
    Operation,
)
from beamdesk.gateway.portal.instances.states import Desired, InstanceState

__all__ = ["FAILED", "VANISHED_SENTENCE", "Adjusted", "Confirmed", "Verdict", "Witnessed", "judge"]

FAILED = "failed"
"""Error code of an instance whose machine died by itself."""

VANISHED_SENTENCE = "The machine no longer exists. Somebody or something outside Beamdesk removed it."
_FAILED_SENTENCE = "The machine ended by itself."


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was wanted is so: the machine is gone."""

    after: InstanceRecord


@dataclass(frozen=True, slots=True)
class Adjusted:
    """There is something to do that was not known before."""

    after: InstanceRecord


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Something happened by itself, and belongs into the history."""

    after: InstanceRecord
    what: str
    sentence: str


Verdict = Confirmed | Adjusted | Witnessed


def judge(
    record: InstanceRecord,
    seen: Machine | None,
    *,
    complete: bool,
    now: datetime,
    settle_seconds: float,
    delete_again_seconds: float,
) -> Verdict | None:
    """The verdict, or None where the listing says nothing new.

    *now* is when the listing began. Only a *complete* listing proves that a machine is absent.
    """
    if seen is not None and seen.phase is MachinePhase.GONE:
        seen, complete = None, True
    if record.operation is Operation.AWAIT_ABSENCE:
        patience = settle_seconds if record.ref is None else delete_again_seconds
        waited = now - record.operation_since >= timedelta(seconds=patience)
        return _awaited_absence(record, seen, complete=complete, waited=waited, now=now)
    if not record.is_settled:
        return None  # an operation is on its way and looks for itself
    if seen is None:
        return _absent(record, now) if complete else None
    return _present(record, seen)


def _awaited_absence(
    record: InstanceRecord, seen: Machine | None, *, complete: bool, waited: bool, now: datetime
) -> Verdict | None:
    if seen is not None:
        if record.ref is None or waited:
            return Adjusted(_adopting(record, seen, operation=Operation.DELETE))
        return None
    # Without a reference a create was interrupted, and its machine may not be listed at once.
    if complete and (record.ref is not None or waited):
        return Confirmed(_deleted(record, now))
    return None


def _absent(record: InstanceRecord, now: datetime) -> Verdict | None:
    if record.desired is Desired.DELETED:
        return Confirmed(_deleted(record, now))
    if record.making is Making.NOT_BEGUN:
        return None
    without = replace(record, making=Making.NOT_BEGUN, machine=None)
    if record.state is InstanceState.ERROR:
        return Adjusted(without)  # the first error is the one to show
    return Witnessed(
        replace(without, state=InstanceState.ERROR, error=InstanceError(VANISHED, VANISHED_SENTENCE)),
        VANISHED,
        VANISHED_SENTENCE,
    )


def _present(record: InstanceRecord, seen: Machine) -> Verdict | None:
    match record.desired:
        case Desired.RUNNING if record.state is InstanceState.ERROR:
            return _present_after_error(record, seen)
        case Desired.RUNNING:
            return _present_while_wanted(record, seen)
        case Desired.STOPPED:
            return _present_while_stopped(record, seen)
        case Desired.DELETED:
            return None  # the back end refused to delete it; only the owner can ask again
        case never:
            assert_never(never)


def _present_while_wanted(record: InstanceRecord, seen: Machine) -> Verdict | None:
    match seen.phase:
        case MachinePhase.FAILED:
            sentence = seen.sentence or _FAILED_SENTENCE
            error = InstanceError(FAILED, sentence)
            return Witnessed(replace(record, state=InstanceState.ERROR, error=error), FAILED, sentence)
        case MachinePhase.STOPPED:
            generation = record.generation + 1
            return Witnessed(
                replace(
                    record,
                    state=InstanceState.STOPPED,
                    desired=Desired.STOPPED,
                    generation=generation,
                    settled_generation=generation,
                ),
                "shut-down",
                "The machine was shut down from inside or by its back end.",
            )
        case MachinePhase.PROVISIONING | MachinePhase.BOOTING:
            return Witnessed(
                _awaiting(record), "restarted", "The machine was restarted from outside Beamdesk."
            )
        case _:
            return None


def _present_after_error(record: InstanceRecord, seen: Machine) -> Verdict | None:
    code = record.error.code if record.error else None
    if record.making is Making.NOT_BEGUN and code == VANISHED:
        # Create adopts it, and says when it answers.
        after = _adopting(record, seen, operation=Operation.CREATE)
        after = replace(after, state=InstanceState.PROVISIONING, error=None)
        return Witnessed(after, "found-again", "The machine is there again.")
    if record.making is Making.NOT_BEGUN:
        return Adjusted(_adopting(record, seen, operation=Operation.NONE))
    if record.making is Making.DONE and code == FAILED and seen.phase is MachinePhase.RUNNING:
        return Witnessed(_awaiting(record), "restarted", "The machine runs again.")
    return None


def _present_while_stopped(record: InstanceRecord, seen: Machine) -> Verdict | None:
    if record.state is InstanceState.STOPPED and seen.phase in {
        MachinePhase.PROVISIONING,
        MachinePhase.BOOTING,
        MachinePhase.RUNNING,
    }:
        return Adjusted(_adopting(record, seen, operation=Operation.STOP))
    if record.making is Making.NOT_BEGUN:
        return Adjusted(_adopting(record, seen, operation=Operation.NONE))
    return None


def _adopting(record: InstanceRecord, seen: Machine, *, operation: Operation) -> InstanceRecord:
    memo = record.machine.memo if record.machine else {}
    making = Making.BEGUN if record.making is Making.NOT_BEGUN else record.making
    machine = MachineState(seen.phase, seen.ref, seen.sentence, memo)
    return replace(record, machine=machine, making=making, operation=operation)


def _awaiting(record: InstanceRecord) -> InstanceRecord:
    return replace(record, state=InstanceState.BOOTING, operation=Operation.AWAIT_READY, error=None)


def _deleted(record: InstanceRecord, now: datetime) -> InstanceRecord:
    return replace(record, state=InstanceState.DELETED, deleted_at=now, making=Making.NOT_BEGUN, error=None)
