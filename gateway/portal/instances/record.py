"""One instance as stored: a value to decide on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beamdesk.brokers.protocol import MachineRef, MachineState
from beamdesk.gateway.portal.instances.states import Desired, InstanceState
from beamdesk.gateway.tickets import InstanceId, UserId

__all__ = ["VANISHED", "InstanceError", "InstanceRecord", "Making", "Operation", "ScreenChoice", "ScreenMode"]

VANISHED = "vanished"
"""Error code of an instance whose machine a complete listing lacks."""


class Operation(StrEnum):
    """What the reconciler is in the middle of; stored before the first call to the back end."""

    NONE = "none"
    CREATE = "create"
    START = "start"
    REBOOT = "reboot"
    AWAIT_READY = "await-ready"
    STOP = "stop"
    AWAIT_STOPPED = "await-stopped"
    DELETE = "delete"
    AWAIT_ABSENCE = "await-absence"


class Making(StrEnum):
    """How far the making of the machine came."""

    NOT_BEGUN = "not-begun"
    """The back end was never asked, or proved that nothing is left."""
    BEGUN = "begun"
    """The back end was asked; there may be a machine even where no reference is known."""
    DONE = "done"


class ScreenMode(StrEnum):
    """Whether the size of the desktop is fixed, or is adapted by the browser to its window."""

    FIXED = "fixed"
    FIT = "fit"


@dataclass(frozen=True, slots=True)
class ScreenChoice:
    """The first size of the desktop, in pixels."""

    mode: ScreenMode
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class InstanceError:
    """Why an instance is in ERROR: a stable code, and a sentence for the owner."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """All that is stored of an instance.

    `generation` counts intents; `settled_generation` is the last one whose outcome, good or bad, is
    known. `revision` counts intents and steps: a step is stored only on the revision that it was decided
    on. `desired_since` is when the present intent was given.
    """

    id: InstanceId
    owner_id: UserId
    plan_id: str
    broker: str
    image: str
    flavour: str
    name: str
    comment: str
    screen: ScreenChoice
    keyboard: str

    desired: Desired
    desired_since: datetime
    generation: int
    settled_generation: int
    reboot_generation: int | None

    state: InstanceState
    state_since: datetime
    operation: Operation
    operation_since: datetime
    making: Making
    machine: MachineState | None
    phase: str | None
    error: InstanceError | None
    unreachable: bool
    revision: int

    created_at: datetime
    deleted_at: datetime | None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is asked of the reconciler."""
        return self.settled_generation == self.generation and self.operation is Operation.NONE

    @property
    def ref(self) -> MachineRef | None:
        """The back end's name of the machine, once it is known."""
        return None if self.machine is None else self.machine.ref
