"""What the stream plane knows of an instance, as far as the portal shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import InstanceId

__all__ = ["LiveSide", "ViewerSeen"]


@dataclass(frozen=True, slots=True)
class ViewerSeen:
    """Somebody who looks at an instance now."""

    id: str
    name: str
    role: Role
    since: datetime


class LiveSide(Protocol):
    """Answers at once, from memory."""

    def viewers(self, instance_id: InstanceId) -> Sequence[ViewerSeen]:
        """Who looks at the instance, in the order in which they came."""
        ...

    def thumbnail_version(self, instance_id: InstanceId) -> str | None:
        """Names the picture that there is of the desktop; None where there is none."""
        ...

    def thumbnail(self, instance_id: InstanceId) -> bytes | None:
        """The picture as WebP."""
        ...
