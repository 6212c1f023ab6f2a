"""What the API shows of plans."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from beamdesk.gateway.roles import Action
from beamdesk.gateway.tickets import Stream

__all__ = ["Keyboard", "KeyboardList", "Plan", "PlanList"]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Plan(_Told):
    """Something that people can start, with what its back end can give now."""

    id: str
    name: str
    description: str
    icon: str
    image: str
    flavour: str
    cpus: int | None = Field(description="Processor cores, where that is known.")
    memory_mib: int | None = Field(description="Memory in MiB, where that is known.")
    broker: str
    streams: list[Stream] = Field(description="How its desktops can be opened.")
    withheld: list[Action] = Field(description="What nobody may do with its desktops, whatever the role.")
    preset: bool = Field(description="Whether this plan is chosen beforehand.")
    available: bool = Field(description="Whether an instance asked for now would start now.")
    unavailable_reason: str | None = Field(description="A sentence, where it is not available.")
    free: int | None = Field(description="How many more can be started, where the back end can tell.")
    total: int | None
    as_of: datetime | None = Field(description="When the back end said so.")


class PlanList(_Told):
    items: list[Plan]


class Keyboard(_Told):
    """A keyboard layout of the desktop."""

    id: str = Field(description="XKB layout, with its variant in parentheses where there is one.")
    name: str


class KeyboardList(_Told):
    items: list[Keyboard]
