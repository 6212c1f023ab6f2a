"""A scripted guacd whose desktop is drawn for all of its users at once, frame by frame."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from beamdesk.codecs.guac.instruction import Instruction
from support.guacamole_world import Viewer
from support.scripted_guacd import GuacdUser, ScriptedGuacd, scripted_guacd

__all__ = ["DrawnDesktop", "drawn_desktop", "numbers_shown"]

PATIENCE = 20


class DrawnDesktop:
    """Frame *n* is a `rect` at *n* and a `sync`; timestamps are hundreds."""

    def __init__(self) -> None:
        self.guacd: ScriptedGuacd
        self.shown: list[GuacdUser] = []
        """Users that see what is drawn."""
        self.frames = 0
        self.closing_seconds = 0.0
        """How long guacd takes to read what a user said before its `disconnect`."""

    @property
    def owner(self) -> GuacdUser:
        return self.guacd.owners[-1]

    @property
    def join(self) -> GuacdUser:
        """The latest."""
        return self.guacd.joined[-1]

    async def talk(self, user: GuacdUser) -> None:
        """A user from its handshake to its end."""
        await user.show()
        self.shown.append(user)
        await user.hear("disconnect")
        self.shown.remove(user)
        await asyncio.sleep(self.closing_seconds)
        user.close()

    def draw(self, *content: Instruction, to: Callable[[GuacdUser], bool] = lambda _: True) -> int:
        """One frame more; its timestamp."""
        self.frames += 1
        timestamp = 100 * (1 + self.frames)
        frame = Instruction.of("rect", 0, self.frames, 0, 1, 1), *content, Instruction.of("sync", timestamp)
        for user in self.shown:
            if to(user):
                user.write(*frame)
        return timestamp

    async def draw_until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.draw()
                await asyncio.sleep(0.01)

    async def lent(self) -> GuacdUser:
        """Draw until the latest join is not needed any more; the owner."""
        join = self.join
        await self.draw_until(lambda: join.all("disconnect"))
        return self.owner


@asynccontextmanager
async def drawn_desktop() -> AsyncIterator[DrawnDesktop]:
    desktop = DrawnDesktop()
    async with scripted_guacd(desktop.talk) as desktop.guacd:
        yield desktop


def numbers_shown(viewer: Viewer) -> list[int]:
    """Which frames it has seen, in order."""
    return [int(each.arguments[1]) for each in viewer.all("rect")]
