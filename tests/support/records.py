"""Instance records for tests of functions that decide on them."""

from dataclasses import replace
from datetime import UTC, datetime

from beamdesk.brokers.protocol import MachinePhase, MachineRef, MachineState
from beamdesk.gateway.portal.instances.record import (
    InstanceRecord,
    Making,
    Operation,
    ScreenChoice,
    ScreenMode,
)
from beamdesk.gateway.portal.instances.states import Desired, InstanceState
from beamdesk.gateway.tickets import InstanceId, UserId

__all__ = ["EPOCH", "MACHINE", "REF", "a_record", "ready", "requested", "settled", "stopped"]

EPOCH = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
REF = MachineRef("machine-1")
MACHINE = MachineState(MachinePhase.RUNNING, REF)


def requested() -> InstanceRecord:
    """As it is right after it was asked for."""
    return InstanceRecord(
        id=InstanceId("instance-1"),
        owner_id=UserId("marie"),
        plan_id="desktop",
        broker="scripted",
        image="desktop",
        flavour="small",
        name="calm-neutron",
        comment="",
        screen=ScreenChoice(ScreenMode.FIT, 1280, 800),
        keyboard="us",
        desired=Desired.RUNNING,
        desired_since=EPOCH,
        generation=1,
        settled_generation=0,
        reboot_generation=None,
        state=InstanceState.REQUESTED,
        state_since=EPOCH,
        operation=Operation.NONE,
        operation_since=EPOCH,
        making=Making.NOT_BEGUN,
        machine=None,
        phase=None,
        error=None,
        unreachable=False,
        revision=0,
        created_at=EPOCH,
        deleted_at=None,
    )


def a_record(**changes: object) -> InstanceRecord:
    """A requested instance with *changes*."""
    return replace(requested(), **changes)  # type: ignore[arg-type]  # the fields are checked by the tests' use


def settled(**changes: object) -> InstanceRecord:
    """An instance with a machine, on which nothing is to be done."""
    return a_record(**{"settled_generation": 1, "making": Making.DONE, "machine": MACHINE, **changes})


def ready(**changes: object) -> InstanceRecord:
    return settled(**{"state": InstanceState.READY, **changes})


def stopped(**changes: object) -> InstanceRecord:
    return settled(**{"state": InstanceState.STOPPED, "desired": Desired.STOPPED, **changes})
