"""What the API shows and takes of instances."""

import unicodedata
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from beamdesk.gateway.portal.instances.history import Result
from beamdesk.gateway.portal.instances.record import ScreenMode
from beamdesk.gateway.portal.instances.states import Desired, InstanceState
from beamdesk.gateway.portal.plans.keyboards import DEFAULT_KEYBOARD, KEYBOARDS
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Stream

__all__ = [
    "HistoryItem",
    "HistoryList",
    "Instance",
    "InstanceChanges",
    "InstanceFault",
    "InstanceList",
    "LogLines",
    "NewInstance",
    "Person",
    "PlanSummary",
    "Screen",
    "ScreenWanted",
    "Viewer",
]

NAME_LENGTH = 250
COMMENT_LENGTH = 2500

_BREAKS = "\n\t"
# Marks that turn the direction of what follows, also outside of the name that they stand in.
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNWANTED = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _clean(value: str, *, longest: int, breaks: str = "") -> str:
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    for character in value:
        unwanted = unicodedata.category(character) in _UNWANTED or character in _DIRECTION_CONTROLS
        if unwanted and character not in breaks:
            raise ValueError("control characters are not allowed")
    if len(value) > longest:
        raise ValueError(f"at most {longest} characters are allowed")
    return value


def _name(value: str) -> str:
    value = _clean(value, longest=NAME_LENGTH)
    if not value:
        raise ValueError("a name has at least one character")
    return value


def _comment(value: str) -> str:
    return _clean(value, longest=COMMENT_LENGTH, breaks=_BREAKS)


def _keyboard(value: str) -> str:
    if value not in KEYBOARDS:
        raise ValueError("there is no such keyboard layout")
    return value


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_name)]
Comment = Annotated[str, Field(max_length=COMMENT_LENGTH), AfterValidator(_comment)]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class ScreenWanted(_Asked):
    """The first size of the desktop, in pixels."""

    mode: Annotated[ScreenMode, Field(strict=False)] = ScreenMode.FIT
    width: int = Field(default=1280, ge=64, le=3840)
    height: int = Field(default=800, ge=64, le=2160)


class NewInstance(_Asked):
    """What is wanted."""

    plan: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Id of the plan.")
    name: Name | None = Field(default=None, description="Made up where it is left out.")
    comment: Comment = ""
    screen: ScreenWanted = ScreenWanted()
    keyboard: Annotated[str, AfterValidator(_keyboard)] = DEFAULT_KEYBOARD


class InstanceChanges(_Asked):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    comment: Comment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.name is None and self.comment is None:
            raise ValueError("neither a name nor a comment is given")
        return self


class Screen(_Told):
    """The first size of the desktop, in pixels."""

    mode: ScreenMode
    width: int
    height: int


class PlanSummary(_Told):
    id: str
    name: str
    icon: str


class Person(_Told):
    id: str
    name: str


class InstanceFault(_Told):
    """Why an instance is in ERROR."""

    code: str = Field(description="Stable name of the reason, in kebab-case.")
    sentence: str


class Viewer(_Told):
    """Somebody who looks at the desktop now."""

    id: str
    name: str
    role: Role
    since: datetime


class Instance(_Told):
    """One instance as the person who asks may see it."""

    id: str
    name: str
    comment: str
    plan: PlanSummary
    owner: Person
    role: Role = Field(description="The role of the person who asks.")
    state: InstanceState
    desired: Desired
    phase: str | None = Field(description="What happens now, where something does.")
    error: InstanceFault | None
    unreachable: bool = Field(description="Whether the back end does not answer at the moment.")
    screen: Screen
    keyboard: str
    streams: list[Stream] = Field(description="How its desktop can be opened.")
    created_at: datetime
    state_since: datetime
    thumbnail: str | None = Field(description="Address of a picture of the desktop; changes with it.")
    viewers: list[Viewer]


class InstanceList(_Told):
    items: list[Instance]


class HistoryItem(_Told):
    """A command with its result, or what happened by itself."""

    at: datetime
    who: str | None = Field(description="Name of the person; null for what happened by itself.")
    what: str
    result: Result
    sentence: str


class HistoryList(_Told):
    items: list[HistoryItem]


class LogLines(_Told):
    """A piece of the machine's log."""

    lines: list[str]
    cursor: str = Field(description="Continues after these lines.")
    more: bool = Field(description="Whether there is more now.")
