"""A figure beside its limit, and what a bench shows of its results."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from rich.table import Table

__all__ = ["Cost", "Finding", "Results"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure beside its limit."""

    what: str
    figure: float
    limit: float
    unit: str

    @property
    def reached(self) -> bool:
        return self.figure <= self.limit


@dataclass(frozen=True, slots=True)
class Cost:
    """What one relay needs to move a desktop's bytes."""

    relay: str
    setting: str
    cpu_seconds_per_gb: float


class Results(Protocol):
    """One run of a bench, a dataclass."""

    def tables(self) -> Iterator[Table]:
        """For a terminal."""
        ...

    def costs(self) -> Iterator[Cost]:
        """For a picture."""
        ...

    def findings(self) -> Iterator[Finding]:
        """All figures that have a limit."""
        ...
