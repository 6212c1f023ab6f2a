"""What the API takes and gives of tickets."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from beamdesk.gateway.roles import Action, Role
from beamdesk.gateway.tickets import Stream

__all__ = ["IssuedTicket", "NewTicket"]


class NewTicket(BaseModel):
    """What is to be opened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: Stream
    role: Annotated[
        Role | None, Field(description="A lesser role than one's own, as in `guest` to look only.")
    ] = None


class IssuedTicket(BaseModel):
    """A right to open one stream once."""

    model_config = ConfigDict(frozen=True)

    ticket: str = Field(repr=False, description="The secret; it is told this one time.")
    url: str = Field(repr=False, description="Where to open the stream, with the ticket in it.")
    role: Role
    permits: list[Action] = Field(description="What the bearer may do: what the role may and the plan lets.")
    withheld: list[Action] = Field(description="What the plan lets nobody do, whatever the role.")
    expires_in: int = Field(description="Seconds until it is worth nothing.")
