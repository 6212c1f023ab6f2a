"""What waits to be told to one browser tab."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from beamdesk.gateway.bus import (
    Event,
    InstanceChanged,
    MessagesLost,
    NoticeGiven,
    PictureChanged,
    PresenceChanged,
    SignInEnded,
)
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.tickets import InstanceId

__all__ = ["News", "Tab", "TabEnd"]

MOST_NOTICES = 20
"""Notices that wait for a tab; the oldest go first, since the newest matter most."""

BATCH = 100
"""Instances that are read again at once."""


@dataclass(frozen=True, slots=True)
class _Ending:
    code: int
    sentence: str


class TabEnd(Enum):
    """Why the gateway ends a tab's events: WebSocket close code and a sentence."""

    SIGNED_OUT = _Ending(4300, "signed-out: Your sign-in ended.")
    TOO_SLOW = _Ending(4201, "tab-too-slow: The browser did not take what it was told.")
    NOT_UNDERSTOOD = _Ending(4200, "tab-fault: Nothing is expected from the browser here.")
    GATEWAY_STOPPING = _Ending(1012, "gateway-stopping: The gateway is restarting.")
    LEFT = _Ending(1000, "left: The browser closed the connection.")


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell: instances to be looked at again, all of them with *everything*."""

    everything: bool
    instances: tuple[InstanceId, ...]
    notices: tuple[NoticeGiven, ...]


class Tab:
    """Listens to the bus for one tab. Of an instance only that it changed is kept, so that a tab that is
    slow gets the newest state and what waits is bounded by what the person may see.
    """

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self._told: set[InstanceId] = set()
        self._changed: dict[InstanceId, None] = {}
        self._notices: deque[NoticeGiven] = deque(maxlen=MOST_NOTICES)
        self._everything = True
        self._end: TabEnd | None = None
        self._wake = asyncio.Event()
        self._wake.set()

    def offer(self, event: Event) -> None:
        """Take note of what concerns this tab."""
        match event:
            case InstanceChanged(instance_id, owner_id):
                if self.principal.is_admin or owner_id == self.principal.user_id:
                    self._changed[instance_id] = None
            case PresenceChanged(instance_id) | PictureChanged(instance_id):
                if instance_id in self._told:
                    self._changed[instance_id] = None
            case NoticeGiven(user_id=user_id):
                if user_id in {None, self.principal.user_id}:
                    self._notices.append(event)
            case SignInEnded(sign_in):
                if sign_in == self.principal.sign_in:
                    self._end = TabEnd.SIGNED_OUT
            case MessagesLost():
                self._everything = True
            case _:
                return
        self._wake.set()

    def end(self, reason: TabEnd) -> None:
        """Have the tab's events end; the first reason counts."""
        self._end = self._end or reason
        self._wake.set()

    async def next(self) -> News | TabEnd:
        """What there is to tell, once there is something."""
        while not (self._end or self._everything or self._changed or self._notices):
            self._wake.clear()
            await self._wake.wait()
        if self._end is not None:
            return self._end
        if everything := self._everything:
            self._changed.clear()
        instances = tuple(list(self._changed)[:BATCH])
        for instance_id in instances:
            del self._changed[instance_id]
        notices = tuple(self._notices)
        self._everything = False
        self._notices.clear()
        return News(everything, instances, notices)

    def tell_all(self, ids: Sequence[InstanceId]) -> None:
        """The tab knows of these instances and of no others."""
        self._told = set(ids)

    def tell(self, instance_id: InstanceId) -> None:
        """The tab knows of this instance, too."""
        self._told.add(instance_id)

    def forget(self, instance_id: InstanceId) -> bool:
        """The instance is gone; whether the tab knew of it."""
        known = instance_id in self._told
        self._told.discard(instance_id)
        return known
