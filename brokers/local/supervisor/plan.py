"""What the gateway asks a supervisor to run; travels as JSON on standard input."""

import json
from typing import Any, NamedTuple

__all__ = ["READY_FD", "LimitPlan", "Plan", "ServicePlan"]

READY_FD = "{ready-fd}"
"""In a command: replaced by the number of a pipe on which the program says that it is ready."""


class ServicePlan(NamedTuple):
    """One program of the session. An essential one that keeps ending ends the desktop."""

    name: str
    command: tuple[str, ...]
    essential: bool = False


class LimitPlan(NamedTuple):
    """What all processes of one desktop together may use; None leaves it open."""

    memory_bytes: int | None
    pids: int | None
    cpus: float | None


class Plan(NamedTuple):
    """One desktop, from the server to the last panel."""

    folder: str
    """The machine's folder, with lock, state and log; also the mark that all its processes carry."""
    group: str
    """Name for the machine's cgroups."""
    environment: dict[str, str]
    home: str
    rfb_path: str
    server: tuple[str, ...]
    """The desktop server's command; `-displayfd N` is added."""
    preparations: tuple[tuple[str, ...], ...]
    """Commands that run to their end, one after the other, once the display is there."""
    stages: tuple[tuple[ServicePlan, ...], ...]
    """Services of a stage start together, when those of the stage before that say so are ready."""
    limits: LimitPlan
    background: int
    """Colour of the screen, 0xRRGGBB, until the desktop paints it."""

    def to_json(self) -> str:
        return json.dumps(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        fields: list[Any] = json.loads(text)
        folder, group, environment, home, rfb_path, server, preparations, stages, limits, background = fields
        return cls(
            folder,
            group,
            environment,
            home,
            rfb_path,
            tuple(server),
            tuple(tuple(command) for command in preparations),
            tuple(
                tuple(ServicePlan(name, tuple(command), essential) for name, command, essential in stage)
                for stage in stages
            ),
            LimitPlan(*limits),
            background,
        )
