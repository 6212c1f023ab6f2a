"""Configuration of a local broker."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["DesktopKind", "Flavour", "LocalSettings"]

_FlavourName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class DesktopKind(StrEnum):
    """Which desktop environment to start."""

    AUTO = "auto"
    """XFCE where it is installed, else the light one."""
    XFCE = "xfce"
    LIGHT = "light"
    """openbox, tint2, pcmanfm, lxterminal and mousepad."""


class Flavour(BaseModel):
    """What all programs of one desktop together may use; None leaves it open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_mib: Annotated[int, Field(ge=256)] | None = None
    """Memory in MiB."""
    cpus: Annotated[float, Field(ge=0.1)] | None = None
    """CPU time per time, in cores."""
    pids: Annotated[int, Field(ge=64)] | None = None
    """Processes and threads."""


def _default_flavours() -> dict[_FlavourName, Flavour]:
    return {
        "small": Flavour(memory_mib=2048, cpus=2, pids=1024),
        "large": Flavour(memory_mib=8192, cpus=4, pids=4096),
    }


class LocalSettings(BaseModel):
    """Settings of one local broker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    """Where homes, logs and states of the desktops are kept; needs locks, so not a network file system."""
    runtime_folder: Path | None = None
    """Where sockets are made. Default: inside `folder`, or in /tmp where that path is too long for a
    socket (unix(7): 107 bytes). Desktops that run are lost when it changes."""
    desktop: DesktopKind = DesktopKind.AUTO
    """Which desktop environment to start."""
    flavours: Annotated[dict[_FlavourName, Flavour], Field(min_length=1)] = Field(
        default_factory=_default_flavours
    )
    """Flavours by name."""
    max_machines: Annotated[int, Field(ge=1)] = 10
    """Desktops that may run at once; stopped ones do not count."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Variables added to each desktop's environment, such as PATH or http_proxy."""
