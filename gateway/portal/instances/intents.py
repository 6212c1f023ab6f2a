"""What people may want of an instance when: pure functions from what is stored to what is stored then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.portal.instances.record import InstanceRecord
from beamdesk.gateway.portal.instances.states import Desired, InstanceState

__all__ = ["Command", "intend"]


class Command(StrEnum):
    """What somebody can ask of an instance that is there."""

    START = "start"
    STOP = "stop"
    REBOOT = "reboot"
    DELETE = "delete"


def intend(record: InstanceRecord, command: Command, now: datetime) -> InstanceRecord | None:
    """The instance with the new intent, None where that is wanted already. Raises the problem otherwise."""
    if record.state is InstanceState.DELETED:
        raise Problem.not_found("There is no such instance.")
    if record.desired is Desired.DELETED and command is not Command.DELETE:
        raise Problem.conflict("instance-deleted", "This instance is being deleted.")
    return _INTENTS[command](record, now)


def _start(record: InstanceRecord, now: datetime) -> InstanceRecord | None:
    return _want(record, Desired.RUNNING, now)


def _stop(record: InstanceRecord, now: datetime) -> InstanceRecord | None:
    return _want(record, Desired.STOPPED, now)


def _delete(record: InstanceRecord, now: datetime) -> InstanceRecord | None:
    return _want(record, Desired.DELETED, now)


def _reboot(record: InstanceRecord, now: datetime) -> InstanceRecord | None:
    if record.reboot_generation is not None:
        return None
    if record.desired is not Desired.RUNNING or not record.state.is_open:
        raise Problem.conflict("instance-not-running", "Only a running desktop can be restarted.")
    after = _next(record, Desired.RUNNING, now)
    return replace(after, reboot_generation=after.generation)


def _want(record: InstanceRecord, desired: Desired, now: datetime) -> InstanceRecord | None:
    given_up = record.state is InstanceState.ERROR and record.is_settled
    if record.desired is desired and not given_up:
        return None
    return _next(record, desired, now)


def _next(record: InstanceRecord, desired: Desired, now: datetime) -> InstanceRecord:
    return replace(
        record,
        desired=desired,
        desired_since=now,
        generation=record.generation + 1,
        reboot_generation=None,
    )


_INTENTS: dict[Command, Callable[[InstanceRecord, datetime], InstanceRecord | None]] = {
    Command.START: _start,
    Command.STOP: _stop,
    Command.REBOOT: _reboot,
    Command.DELETE: _delete,
}
