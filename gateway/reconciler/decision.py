"""What to do next about one instance: a function of what is stored, and of nothing else."""

from enum import StrEnum
from typing import assert_never

from beamdesk.gateway.portal.instances.record import InstanceRecord, Making, Operation
from beamdesk.gateway.portal.instances.states import Desired, InstanceState

__all__ = ["Step", "decide"]


class Step(StrEnum):
    """One piece of work, begun again from its start after a crash."""

    NOTHING = "nothing"
    CREATE = "create"
    START = "start"
    REBOOT = "reboot"
    AWAIT_READY = "await-ready"
    STOP = "stop"
    AWAIT_STOPPED = "await-stopped"
    FIND = "find"
    """Learn from a listing whether an interrupted create left a machine, before it can be stopped."""
    SETTLE_STOPPED = "settle-stopped"
    """Nothing was ever made: call it stopped."""
    DELETE = "delete"
    AWAIT_ABSENCE = "await-absence"
    SETTLE_DELETED = "settle-deleted"
    """Nothing was ever made: call it deleted."""
    CHECK = "check"
    """Ask a desktop that is in doubt whether it answers."""
    SETTLE = "settle"
    """What is wanted is so already."""


def decide(record: InstanceRecord) -> Step:
    """The step that brings *record* nearer to what is desired."""
    if record.is_settled and record.state in {InstanceState.DELETED, InstanceState.ERROR}:
        return Step.NOTHING  # over, or given up until somebody wants something else
    match record.desired:
        case Desired.RUNNING:
            return _towards_running(record)
        case Desired.STOPPED:
            return _towards_stopped(record)
        case Desired.DELETED:
            return _towards_deleted(record)
        case never:
            assert_never(never)


def _towards_running(record: InstanceRecord) -> Step:
    if record.making is not Making.DONE or record.ref is None:
        return Step.CREATE
    if record.reboot_generation is not None:
        return Step.REBOOT
    if record.operation is Operation.AWAIT_READY:
        return Step.AWAIT_READY
    if record.state.is_open and record.operation is Operation.NONE:
        doubtful = record.is_settled and record.state is InstanceState.DEGRADED
        return Step.CHECK if doubtful else _nothing_more(record)
    return Step.START


def _towards_stopped(record: InstanceRecord) -> Step:
    if record.state is InstanceState.STOPPED and record.operation is Operation.NONE:
        return _nothing_more(record)
    if record.making is Making.NOT_BEGUN:
        return Step.SETTLE_STOPPED
    if record.ref is None:
        return Step.FIND
    return Step.AWAIT_STOPPED if record.operation is Operation.AWAIT_STOPPED else Step.STOP


def _towards_deleted(record: InstanceRecord) -> Step:
    if record.operation is Operation.AWAIT_ABSENCE:
        return Step.AWAIT_ABSENCE
    if record.making is Making.NOT_BEGUN:
        return Step.SETTLE_DELETED
    return Step.DELETE


def _nothing_more(record: InstanceRecord) -> Step:
    return Step.NOTHING if record.is_settled else Step.SETTLE
