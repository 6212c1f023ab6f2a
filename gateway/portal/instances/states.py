"""The states of an instance and what may follow which."""

from enum import StrEnum

__all__ = ["TRANSITIONS", "Desired", "InstanceState", "drawing", "may_become"]


class InstanceState(StrEnum):
    """Where an instance is in its life. "The back end does not answer" is a flag beside it, never a state."""

    REQUESTED = "REQUESTED"
    PROVISIONING = "PROVISIONING"
    BOOTING = "BOOTING"
    READY = "READY"
    DEGRADED = "DEGRADED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    DELETING = "DELETING"
    DELETED = "DELETED"
    ERROR = "ERROR"

    @property
    def is_open(self) -> bool:
        """Whether its desktop can be opened."""
        return self in {InstanceState.READY, InstanceState.DEGRADED}


class Desired(StrEnum):
    """What the owner wants of an instance."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"


_S = InstanceState
_ALWAYS = frozenset({_S.DELETING, _S.ERROR})
"""Somebody can give an instance up, and a back end can fail, at any time."""

TRANSITIONS: dict[InstanceState, frozenset[InstanceState]] = {
    # Stopped or deleted before anything was asked of the back end: no machine is waited for.
    _S.REQUESTED: _ALWAYS | {_S.PROVISIONING, _S.STOPPED, _S.DELETED},
    _S.PROVISIONING: _ALWAYS | {_S.BOOTING, _S.READY, _S.STOPPING, _S.STOPPED},
    _S.BOOTING: _ALWAYS | {_S.READY, _S.STOPPING, _S.STOPPED},
    # Straight to STOPPED: the machine was shut down from inside.
    _S.READY: _ALWAYS | {_S.DEGRADED, _S.BOOTING, _S.STOPPING, _S.STOPPED},
    _S.DEGRADED: _ALWAYS | {_S.READY, _S.BOOTING, _S.STOPPING, _S.STOPPED},
    # A newer intent to run overtakes the stop.
    _S.STOPPING: _ALWAYS | {_S.STOPPED, _S.BOOTING, _S.PROVISIONING},
    _S.STOPPED: _ALWAYS | {_S.BOOTING, _S.PROVISIONING, _S.STOPPING, _S.DELETED},
    _S.DELETING: frozenset({_S.DELETED, _S.ERROR}),
    _S.ERROR: frozenset({_S.PROVISIONING, _S.BOOTING, _S.STOPPING, _S.STOPPED, _S.DELETING, _S.DELETED}),
    _S.DELETED: frozenset(),
}


def may_become(now: InstanceState, then: InstanceState) -> bool:
    """Whether an instance in *now* may be in *then* next; staying is always allowed."""
    return now is then or then in TRANSITIONS[now]


def drawing() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> REQUESTED"]
    for state in InstanceState:
        lines.extend(f"    {state} --> {then}" for then in InstanceState if then in TRANSITIONS[state])
    lines.append("    DELETED --> [*]")
    return "\n".join(lines) + "\n"
