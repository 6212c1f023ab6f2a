"""What happened, told to whoever listens in this process.

Messages are hints: they say what to look at again, the database says what is true. A listener that
falls behind loses its messages, is told so once by `MessagesLost`, and reads everything again.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from beamdesk.gateway.tickets import InstanceId, UserId

__all__ = [
    "Bus",
    "DesktopDoubted",
    "Event",
    "InstanceChanged",
    "IntentChanged",
    "Listener",
    "MessagesLost",
    "NoticeGiven",
    "PictureChanged",
    "PresenceChanged",
    "SignInEnded",
    "Subscription",
]

LISTENER_CAPACITY = 1024
"""Messages that wait for one listener; each is a few words, and more than this means it is stuck."""


@dataclass(frozen=True, slots=True)
class InstanceChanged:
    """Something that people see of an instance changed, its deletion included."""

    instance_id: InstanceId
    owner_id: UserId


@dataclass(frozen=True, slots=True)
class IntentChanged:
    """Somebody wants something else of an instance."""

    instance_id: InstanceId


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """A viewer came to an instance or left it."""

    instance_id: InstanceId


@dataclass(frozen=True, slots=True)
class PictureChanged:
    """There is another thumbnail of an instance."""

    instance_id: InstanceId


@dataclass(frozen=True, slots=True)
class DesktopDoubted:
    """A stream could not reach a desktop that is said to be ready."""

    instance_id: InstanceId


@dataclass(frozen=True, slots=True)
class SignInEnded:
    """A browser session or an access token is no longer valid."""

    sign_in: str


@dataclass(frozen=True, slots=True)
class NoticeGiven:
    """A sentence for one person, or with `user_id` None for everybody."""

    level: Literal["info", "warning", "error"]
    sentence: str
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class MessagesLost:
    """Messages to this listener were dropped; what they spoke of has to be read again."""


Event = (
    InstanceChanged
    | IntentChanged
    | PresenceChanged
    | PictureChanged
    | DesktopDoubted
    | SignInEnded
    | NoticeGiven
    | MessagesLost
)


class Listener(Protocol):
    """Somebody whom the bus tells."""

    def offer(self, event: Event) -> None:
        """Take note of *event*; must not wait and must not fail."""
        ...


class Subscription:
    """One listener's waiting messages; an asynchronous iterator that ends only with its block."""

    def __init__(self, kinds: tuple[type[Event], ...], capacity: int) -> None:
        self._kinds = kinds
        self._capacity = capacity
        self._waiting: deque[Event] = deque()
        self._arrived = asyncio.Event()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    def offer(self, event: Event) -> None:
        """Keep *event* for the listener, where it is of a kind that it asked for."""
        if not isinstance(event, self._kinds):
            return
        if self._waiting and self._waiting[-1] == event:
            return  # a hint given twice says nothing new
        if len(self._waiting) >= self._capacity:
            self._waiting.clear()
            event = MessagesLost()
        self._waiting.append(event)
        self._arrived.set()


ListenerType = TypeVar("ListenerType", bound=Listener)


class Bus:
    """Hands each event to all who listen now. Belongs to one event loop."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def publish(self, event: Event) -> None:
        """Tell everybody; never waits. Called after the commit that made the event true."""
        for listener in tuple(self._listeners):
            listener.offer(event)

    @contextmanager
    def subscribe(self, *kinds: type[Event], capacity: int = LISTENER_CAPACITY) -> Iterator[Subscription]:
        """Listen to events of *kinds* from here to the end of the block."""
        with self.attached(Subscription(kinds, capacity)) as subscription:
            yield subscription

    @contextmanager
    def attached(self, listener: ListenerType) -> Iterator[ListenerType]:
        """Tell *listener* everything from here to the end of the block."""
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
