"""Where guacd listens to a viewer."""

import asyncio
from typing import Protocol

from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["Feed", "Meanwhile"]


class Feed(Protocol):
    """A join, or the keeper's connection while it is lent."""

    def send(self, instruction: Instruction) -> None:
        """Send what was judged already."""
        ...

    @property
    def is_held_up(self) -> bool:
        """Whether guacd has not taken everything yet that was sent."""
        ...

    async def drain(self) -> None:
        """Wait until guacd has taken what was sent."""
        ...


class Meanwhile:
    """Keeps what a viewer says while guacd still takes what it said on its join.

    guacd reads each connection in a thread of its own: a key might be released before it is pressed.
    """

    def __init__(self) -> None:
        self._said: list[Instruction] = []
        self._over = asyncio.Event()

    def send(self, instruction: Instruction) -> None:
        """See `Feed`."""
        self._said.append(instruction)

    @property
    def is_held_up(self) -> bool:
        """See `Feed`."""
        return not self._over.is_set()

    async def drain(self) -> None:
        """Wait for the end: so no more than one message is kept."""
        await self._over.wait()

    def pour_into(self, feed: Feed) -> None:
        """End it: *feed* gets everything, in order."""
        for instruction in self._said:
            feed.send(instruction)
        self.end()

    def end(self) -> None:
        """Hold up nobody any longer."""
        self._over.set()
