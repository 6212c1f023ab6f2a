"""What is done next, and that it always leads to what is desired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamdesk.brokers.protocol import MachinePhase, MachineState
from beamdesk.gateway.portal.instances.record import InstanceRecord, Making, Operation
from beamdesk.gateway.portal.instances.states import Desired, InstanceState
from beamdesk.gateway.reconciler.decision import Step, decide
from support.records import a_record, ready, stopped

S, D, O = InstanceState, Desired, Operation  # noqa: E741  (as in the table)


@pytest.mark.parametrize(
    ("record", "step"),
    [
        (a_record(), Step.CREATE),
        (a_record(state=S.PROVISIONING, operation=O.CREATE, making=Making.BEGUN), Step.CREATE),
        (ready(), Step.NOTHING),
        (ready(settled_generation=0), Step.SETTLE),
        (ready(state=S.DEGRADED), Step.CHECK),
        (ready(generation=2, reboot_generation=2), Step.REBOOT),
        (ready(state=S.BOOTING, operation=O.AWAIT_READY), Step.AWAIT_READY),
        (ready(state=S.BOOTING, operation=O.START), Step.START),
        (ready(state=S.STOPPING, operation=O.STOP, generation=2), Step.START),
        (ready(state=S.STOPPED, generation=2), Step.START),
        (ready(state=S.ERROR), Step.NOTHING),
        (ready(state=S.ERROR, generation=2), Step.START),
        (ready(state=S.ERROR, generation=2, making=Making.NOT_BEGUN, machine=None), Step.CREATE),
        (stopped(), Step.NOTHING),
        (stopped(generation=2), Step.SETTLE),
        (stopped(state=S.READY, generation=2), Step.STOP),
        (stopped(state=S.STOPPING, operation=O.AWAIT_STOPPED, generation=2), Step.AWAIT_STOPPED),
        (a_record(desired=D.STOPPED, generation=2), Step.SETTLE_STOPPED),
        (
            a_record(desired=D.STOPPED, generation=2, state=S.PROVISIONING, making=Making.BEGUN),
            Step.FIND,
        ),
        (ready(desired=D.DELETED, generation=2), Step.DELETE),
        (ready(desired=D.DELETED, generation=2, reboot_generation=2), Step.DELETE),
        (ready(desired=D.DELETED, state=S.DELETING, operation=O.AWAIT_ABSENCE), Step.AWAIT_ABSENCE),
        (a_record(desired=D.DELETED, generation=2), Step.SETTLE_DELETED),
        (a_record(desired=D.DELETED, generation=2, making=Making.BEGUN), Step.DELETE),
        (ready(desired=D.DELETED, state=S.ERROR), Step.NOTHING),
        (ready(desired=D.DELETED, state=S.ERROR, generation=2), Step.DELETE),
        (ready(desired=D.DELETED, state=S.DELETED), Step.NOTHING),
    ],
)
def test_the_next_step(record: InstanceRecord, step: Step) -> None:
    assert decide(record) is step


records = st.builds(
    a_record,
    desired=st.sampled_from(Desired),
    state=st.sampled_from(InstanceState),
    operation=st.sampled_from(Operation),
    making=st.sampled_from(Making),
    generation=st.just(2),
    settled_generation=st.integers(0, 2),
    reboot_generation=st.none() | st.just(2),
    machine=st.none() | st.just(MachineState(MachinePhase.RUNNING, None)) | st.just(ready().machine),
)

ON_A_MACHINE = {Step.START, Step.REBOOT, Step.AWAIT_READY, Step.STOP, Step.AWAIT_STOPPED, Step.CHECK}


@given(records)
def test_steps_on_a_machine_need_one(record: InstanceRecord) -> None:
    if decide(record) in ON_A_MACHINE:
        assert record.ref is not None


@given(records)
def test_what_is_not_settled_is_never_left_alone(record: InstanceRecord) -> None:
    if record.state is not InstanceState.DELETED and not record.is_settled:
        assert decide(record) is not Step.NOTHING


@given(records)
def test_what_is_not_wanted_any_more_is_never_made_or_started(record: InstanceRecord) -> None:
    if record.desired is not Desired.RUNNING:
        assert decide(record) not in {Step.CREATE, Step.START, Step.REBOOT, Step.AWAIT_READY, Step.CHECK}
