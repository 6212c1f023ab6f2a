"""What every broker does, and the values that it takes and gives.

The caller saves its intent before the first call and every `MachineState` before it goes on, so a
crash at any point leaves something that `observe` finds and `create` adopts.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

__all__ = [
    "Broker",
    "Endpoint",
    "HealthItem",
    "LogPage",
    "Machine",
    "MachinePhase",
    "MachineRef",
    "MachineSpec",
    "MachineState",
    "Offer",
    "OperationKey",
    "Screen",
    "Snapshot",
]

MachineRef = NewType("MachineRef", str)
"""The back end's own name of a machine; opaque to everybody but its broker."""

OperationKey = NewType("OperationKey", str)
"""Names one intent; the same key with the same call is the same operation, repeated."""


class MachinePhase(StrEnum):
    """Where a machine is in its life, as the back end sees it."""

    PROVISIONING = "provisioning"
    BOOTING = "booting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Screen:
    """The first size of the desktop, in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """What to start. `instance_id` becomes part of the tag that every external object carries."""

    instance_id: str
    name: str
    image: str
    flavour: str
    screen: Screen
    keyboard: str
    """XKB layout with optional variant, as in `de` or `ch(fr)`."""


@dataclass(frozen=True, slots=True)
class MachineState:
    """One step of a machine's life. `memo` is the broker's own note, stored and given back as is."""

    phase: MachinePhase
    ref: MachineRef | None
    sentence: str = ""
    """What is happening, for the person who waits."""
    memo: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine as listed by the back end."""

    ref: MachineRef
    instance_id: str
    phase: MachinePhase
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A listing. Only a `complete` one may be taken as proof that a machine is absent."""

    machines: tuple[Machine, ...]
    complete: bool
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way into a machine. Exactly one of `unix_path` and `host`/`port` is set."""

    name: str
    protocol: str
    """`rfb`, `ssh`, `rdp`, `telnet` …"""
    unix_path: str | None = None
    host: str | None = None
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    view_only_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the back end can start now. Capacities are None where it cannot tell."""

    images: tuple[str, ...]
    flavours: tuple[str, ...]
    free: int | None
    total: int | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class HealthItem:
    """One thing that `check` looked at."""

    name: str
    healthy: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines of a machine's log from a cursor on; `cursor` continues, `more` says if there is more now."""

    lines: tuple[str, ...]
    cursor: str
    more: bool


class Broker(Protocol):
    """One per configured back end; plug-ins come by the entry point group `beamdesk.brokers`.

    Every call raises only `BrokerError` (errors.py) or `asyncio.CancelledError`, and may be
    cancelled at any await: what it left behind is found by `observe` and adopted by `create`.
    A ref that the back end does not know is `NOT_FOUND`, except for `delete` and `observe`.
    """

    name: str

    async def check(self) -> list[HealthItem]:
        """Whether the back end can be used; never raises."""
        ...

    async def offers(self) -> list[Offer]:
        """What can be started, with free capacity."""
        ...

    def create(
        self, spec: MachineSpec, op: OperationKey, last: MachineState | None
    ) -> AsyncIterator[MachineState]:
        """Start a machine, or go on from *last*, or adopt what an earlier try left behind.

        The last state given is `RUNNING` when the machine's services answer. A machine of this
        instance that is stopped or failed is started again. One that fails on the way raises
        `PERMANENT`; it is still listed, as `FAILED`, and its log can be read.
        """
        ...

    async def observe(self, refs: Sequence[MachineRef] | None) -> Snapshot:
        """The named machines, or with None all that carry this deployment's tag.

        A ref that is not known has no entry; neither has a machine of another deployment.
        """
        ...

    async def start(self, ref: MachineRef, op: OperationKey) -> None:
        """Start a stopped or failed machine again; success if it runs or boots already.

        Like `reboot`, it may return while the machine boots: `observe` tells when it runs.
        """
        ...

    async def stop(self, ref: MachineRef, op: OperationKey) -> None:
        """Stop a machine gracefully and keep its disk; success if it is stopped already."""
        ...

    async def reboot(self, ref: MachineRef, op: OperationKey) -> None:
        """Stop and start; the same *op* reboots once only."""
        ...

    async def delete(self, ref: MachineRef, op: OperationKey) -> None:
        """Remove a machine and what belongs to it; success if it is gone already."""
        ...

    async def endpoints(self, ref: MachineRef) -> list[Endpoint]:
        """The ways into a running machine; `CONFLICT` where it does not run."""
        ...

    async def logs(self, ref: MachineRef, cursor: str | None) -> LogPage:
        """The machine's log from *cursor* on; kept after the machine died, until it is deleted.

        None begins with the oldest line kept; a cursor that `logs` did not give is `REJECTED`.
        """
        ...

    async def close(self) -> None:
        """Let go of local resources; machines keep running."""
        ...
