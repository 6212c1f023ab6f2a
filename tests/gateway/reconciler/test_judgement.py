"""What listings prove."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamdesk.brokers.protocol import Machine, MachinePhase, MachineRef, MachineState
from beamdesk.gateway.portal.instances.record import (
    VANISHED,
    InstanceError,
    InstanceRecord,
    Making,
    Operation,
)
from beamdesk.gateway.portal.instances.states import Desired, InstanceState, may_become
from beamdesk.gateway.reconciler.decision import Step, decide
from beamdesk.gateway.reconciler.judgement import Adjusted, Confirmed, Verdict, Witnessed, judge
from support.records import EPOCH, REF, a_record, ready, settled, stopped

S, D, P = InstanceState, Desired, MachinePhase

VANISHED_RECORD = settled(
    state=S.ERROR, making=Making.NOT_BEGUN, machine=None, error=InstanceError(VANISHED, "Gone.")
)
DELETING = settled(desired=D.DELETED, state=S.DELETING, operation=Operation.AWAIT_ABSENCE)
DELETING_UNKNOWN = settled(
    desired=D.DELETED,
    state=S.DELETING,
    operation=Operation.AWAIT_ABSENCE,
    making=Making.BEGUN,
    machine=MachineState(P.PROVISIONING, None),
)


def seen(phase: MachinePhase, ref: MachineRef = REF) -> Machine:
    return Machine(ref, "instance-1", phase, "So it is.")


def judged(
    record: InstanceRecord, machine: Machine | None, *, complete: bool = True, after: float = 0
) -> Verdict | None:
    return judge(
        record,
        machine,
        complete=complete,
        now=EPOCH + timedelta(seconds=after),
        settle_seconds=5,
        delete_again_seconds=30,
    )


@pytest.mark.parametrize("record", [ready(), stopped(), ready(state=S.DEGRADED)])
def test_a_complete_listing_that_lacks_a_machine_is_an_error(record: InstanceRecord) -> None:
    match judged(record, None):
        case Witnessed(after, "vanished", sentence):
            assert after.state is S.ERROR
            assert after.error == InstanceError("vanished", sentence)
            assert after.ref is None
            assert after.making is Making.NOT_BEGUN
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize("record", [ready(), stopped(), DELETING, DELETING_UNKNOWN, VANISHED_RECORD])
def test_an_incomplete_listing_proves_no_absence(record: InstanceRecord) -> None:
    assert judged(record, None, complete=False, after=3600) is None


def test_a_machine_that_says_it_is_gone_is_absent_even_in_an_incomplete_listing() -> None:
    assert isinstance(judged(ready(), seen(P.GONE), complete=False), Witnessed)


@pytest.mark.parametrize("operation", set(Operation) - {Operation.NONE, Operation.AWAIT_ABSENCE})
def test_an_operation_on_its_way_is_not_disturbed(operation: Operation) -> None:
    record = ready(state=S.BOOTING, operation=operation)
    assert judged(record, None) is None
    assert judged(record, seen(P.FAILED)) is None


def test_an_intent_that_nobody_has_looked_at_is_not_disturbed() -> None:
    assert judged(ready(generation=2), None) is None
    assert judged(a_record(), None) is None


def test_a_machine_that_died_is_an_error_with_its_log() -> None:
    match judged(ready(), seen(P.FAILED)):
        case Witnessed(after, "failed", "So it is."):
            assert after.state is S.ERROR
            assert after.ref == REF
        case other:
            pytest.fail(str(other))


def test_a_machine_that_was_shut_down_from_inside_is_stopped_and_stays_so() -> None:
    match judged(ready(), seen(P.STOPPED)):
        case Witnessed(after, "shut-down", _):
            assert (after.state, after.desired) == (S.STOPPED, D.STOPPED)
            assert decide(after) is Step.NOTHING
        case other:
            pytest.fail(str(other))


def test_a_machine_that_was_restarted_from_outside_is_waited_for() -> None:
    match judged(ready(), seen(P.BOOTING)):
        case Witnessed(after, "restarted", _):
            assert decide(after) is Step.AWAIT_READY
        case other:
            pytest.fail(str(other))


def test_a_failed_machine_that_runs_again_is_waited_for() -> None:
    record = ready(state=S.ERROR, error=InstanceError("failed", "It died."))
    match judged(record, seen(P.RUNNING)):
        case Witnessed(after, "restarted", _):
            assert decide(after) is Step.AWAIT_READY
            assert after.error is None
        case other:
            pytest.fail(str(other))


def test_a_machine_that_runs_after_a_refused_command_stays_an_error_that_can_be_read() -> None:
    record = ready(state=S.ERROR, error=InstanceError("rejected", "No."))
    assert judged(record, seen(P.RUNNING)) is None


def test_a_machine_that_appears_after_a_failed_create_is_remembered_but_not_taken_for_a_good_one() -> None:
    record = ready(
        state=S.ERROR, making=Making.NOT_BEGUN, machine=None, error=InstanceError("permanent", "No.")
    )
    match judged(record, seen(P.RUNNING)):
        case Adjusted(after):
            assert (after.ref, after.error, decide(after)) == (REF, record.error, Step.NOTHING)
        case other:
            pytest.fail(str(other))


def test_a_machine_that_was_never_finished_is_not_taken_for_a_good_one() -> None:
    record = ready(state=S.ERROR, making=Making.BEGUN, error=InstanceError("failed", "It died."))
    assert judged(record, seen(P.RUNNING)) is None


def test_a_vanished_machine_that_is_back_is_adopted() -> None:
    match judged(VANISHED_RECORD, seen(P.RUNNING, MachineRef("machine-2"))):
        case Witnessed(after, "found-again", _):
            assert after.ref == "machine-2"
            assert decide(after) is Step.CREATE
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize("phase", [P.PROVISIONING, P.BOOTING, P.RUNNING])
def test_a_machine_that_runs_against_the_owners_will_is_stopped(phase: MachinePhase) -> None:
    match judged(stopped(), seen(phase)):
        case Adjusted(after):
            assert decide(after) is Step.STOP
        case other:
            pytest.fail(str(other))


def test_a_machine_that_appears_after_its_create_was_given_up_is_stopped() -> None:
    record = stopped(making=Making.NOT_BEGUN, machine=None)
    match judged(record, seen(P.RUNNING)):
        case Adjusted(after):
            assert decide(after) is Step.STOP
            assert after.ref == REF
        case other:
            pytest.fail(str(other))


def test_a_delete_is_confirmed_by_a_complete_listing() -> None:
    match judged(DELETING, None):
        case Confirmed(after):
            assert after.state is S.DELETED
            assert after.deleted_at is not None
        case other:
            pytest.fail(str(other))


def test_a_deleted_machine_that_is_listed_for_long_is_deleted_again() -> None:
    assert judged(DELETING, seen(P.RUNNING), after=29) is None
    match judged(DELETING, seen(P.RUNNING), after=30):
        case Adjusted(after):
            assert decide(after) is Step.DELETE
        case other:
            pytest.fail(str(other))


def test_after_an_interrupted_create_absence_is_believed_only_after_a_while() -> None:
    assert judged(DELETING_UNKNOWN, None, after=4.9) is None
    assert isinstance(judged(DELETING_UNKNOWN, None, after=5), Confirmed)


def test_what_an_interrupted_create_left_is_deleted_at_once() -> None:
    match judged(DELETING_UNKNOWN, seen(P.BOOTING)):
        case Adjusted(after):
            assert decide(after) is Step.DELETE
            assert after.ref == REF
        case other:
            pytest.fail(str(other))


def test_a_machine_that_its_back_end_would_not_delete_and_that_is_gone_now_is_deleted() -> None:
    record = ready(desired=D.DELETED, state=S.ERROR, error=InstanceError("rejected", "No."))
    assert judged(record, seen(P.RUNNING)) is None
    assert isinstance(judged(record, None), Confirmed)


records = st.builds(
    settled,
    desired=st.sampled_from(Desired),
    state=st.sampled_from(sorted(set(InstanceState) - {S.DELETED})),
    operation=st.sampled_from(Operation),
    making=st.sampled_from(Making),
    machine=st.none() | st.just(MachineState(P.RUNNING, REF)),
    settled_generation=st.integers(0, 1),
)
CONSISTENT = {
    (D.RUNNING, S.READY),
    (D.RUNNING, S.DEGRADED),
    (D.STOPPED, S.STOPPED),
    *((desired, S.ERROR) for desired in Desired),
}
machines = st.none() | st.builds(seen, st.sampled_from(MachinePhase))


@given(records, machines, st.booleans(), st.floats(0, 100))
def test_verdicts_keep_to_the_table_of_states(
    record: InstanceRecord, machine: Machine | None, complete: bool, after: float
) -> None:
    if record.is_settled and (record.desired, record.state) not in CONSISTENT:
        return
    if record.operation is Operation.AWAIT_ABSENCE and record.state is not S.DELETING:
        return
    verdict = judged(record, machine, complete=complete, after=after)
    if verdict is not None:
        assert may_become(record.state, verdict.after.state)


@given(records, st.floats(0, 100))
def test_nothing_is_ever_deleted_or_failed_by_an_incomplete_listing(
    record: InstanceRecord, after: float
) -> None:
    assert judged(record, None, complete=False, after=after) is None
