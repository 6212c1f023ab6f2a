"""What the reconciler waits for, and how long. All times are seconds."""

from dataclasses import dataclass

__all__ = ["ReconcilerOptions"]


@dataclass(frozen=True, slots=True)
class ReconcilerOptions:
    """Defaults fit a back end on the local network."""

    observe_seconds: float = 5
    """How often each back end is asked for everything that it has."""

    sweep_seconds: float = 30
    """How often the database is asked for unfinished work that nobody spoke of."""

    calls_per_broker: int = 8
    """Operations that run on one back end at the same time."""

    call_seconds: float = 120
    """A call that takes longer is given up and tried again."""

    step_seconds: float = 900
    """A create that reports nothing for so long is given up and tried again."""

    ready_seconds: float = 300
    """A machine that was started and does not answer after so long is an error."""

    first_look_seconds: float = 0.1
    """Pause before a machine that was started or stopped is looked at again; doubles up to the next."""

    longest_look_seconds: float = 5

    first_delay_seconds: float = 1
    """Pause before a failed operation is tried again; doubles up to the next, with jitter."""

    longest_delay_seconds: float = 60

    circuit_failures: int = 5
    """Silences in a row after which a back end is left alone for a while."""

    circuit_first_seconds: float = 5
    """How long it is left alone; doubles up to the next while it stays silent."""

    circuit_longest_seconds: float = 60

    settle_seconds: float = 5
    """How long after an interrupted create a machine may still appear in listings."""

    delete_again_seconds: float = 30
    """A deleted machine that is still listed after so long is deleted once more."""

    stop_seconds: float = 5
    """How long storing may take when the gateway stops; waits for back ends are cut short at once."""
