"""One file on its way through guacd, in either direction."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Self

from beamdesk.codecs.guac.status import Status

__all__ = ["FilesFailed", "FilesFault", "Incoming", "Outgoing"]

_MOST_UNTAKEN: Final = 4
"""Blobs that guacd may send ahead of their acknowledgement; it sends one."""


class FilesFault(StrEnum):
    """Why a file cannot be had or written."""

    BAD_NAME = "bad-name"
    NOT_FOUND = "not-found"
    REFUSED = "refused"
    GONE = "gone"
    STUCK = "stuck"


class FilesFailed(Exception):  # noqa: N818  (an outcome of the machine's, not an error of ours)
    """A transfer that cannot be; the text is a sentence for a person."""

    def __init__(self, fault: FilesFault, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.sentence = sentence

    @classmethod
    def bad_name(cls) -> Self:
        return cls(FilesFault.BAD_NAME, "This is not the name of a file.")

    @classmethod
    def not_found(cls, path: str) -> Self:
        return cls(FilesFault.NOT_FOUND, f"The machine does not give {path}.")

    @classmethod
    def refused(cls, sentence: str) -> Self:
        return cls(FilesFault.REFUSED, sentence)

    @classmethod
    def gone(cls) -> Self:
        return cls(FilesFault.GONE, "The connection to the machine has ended.")

    @classmethod
    def stuck(cls) -> Self:
        return cls(FilesFault.STUCK, "The machine does not go on with the transfer.")


class Incoming:
    """A stream that guacd sends. The next blob comes when the last one was acknowledged."""

    def __init__(self, stream: int, mimetype: str, send_ack: Callable[[Status, str], None]) -> None:
        self.stream = stream
        self.mimetype = mimetype
        self.ended = False
        self._send_ack = send_ack
        self._untaken: deque[bytes] = deque()
        self._failure: FilesFailed | None = None
        self._changed = asyncio.Event()

    def acknowledge(self) -> None:
        if not self.ended:
            self._send_ack(Status.SUCCESS, "OK")

    def refuse(self) -> None:
        """Want no more of it: guacd closes the stream without another word."""
        self.ended = True
        self._send_ack(Status.RESOURCE_CLOSED, "Enough")

    async def next_chunk(self, seconds: float) -> bytes | None:
        """The next blob, None at the end; raises `FilesFailed`."""
        while not self._untaken:
            if self._failure is not None:
                raise self._failure
            if self.ended:
                return None
            self._changed.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                raise FilesFailed.stuck() from None
        return self._untaken.popleft()

    def take(self, blob: bytes) -> None:
        if len(self._untaken) == _MOST_UNTAKEN:
            self.fail(FilesFailed.refused("guacd sends more than it was asked for."))
            return
        self._untaken.append(blob)
        self._changed.set()

    def end(self) -> None:
        self.ended = True
        self._changed.set()

    def fail(self, failure: FilesFailed) -> None:
        self._failure = self._failure or failure
        self._changed.set()


class Outgoing:
    """A stream that guacd receives: it answers the opening, each blob and the end."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._to_come = 1
        self._opened = False
        self.refused = False
        """Whether guacd has closed it."""
        self.ending = False
        """Whether guacd has been told that it is over."""
        self.was_left = False
        """Whether nobody waits for the answers that are still to come."""

    @property
    def settled(self) -> bool:
        """Whether no answer is to come. What was never opened has no end that could be answered."""
        return self._to_come == 0 or (self.refused and not self._opened)

    def expect(self) -> None:
        """One more answer is to come."""
        self._to_come += 1
        if self._answer.done() and not self.refused:
            self._answer = asyncio.get_running_loop().create_future()

    async def accepted(self, seconds: float) -> None:
        """Wait for the answer; raises `FilesFailed`."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._answer)
        except TimeoutError:
            raise FilesFailed.stuck() from None

    def acknowledged(self, status: Status, message: str) -> None:
        self._to_come -= 1
        if status is Status.SUCCESS:
            self._opened = True
            if not self._answer.done():
                self._answer.set_result(None)
            return
        self.refused = True
        self.fail(FilesFailed.refused(f"The machine refuses the file: {message[:200]}"))

    def fail(self, failure: FilesFailed) -> None:
        if not self._answer.done():
            self._answer.set_exception(failure)
            # Whoever waits gets it; that nobody does is no mistake.
            self._answer.exception()
