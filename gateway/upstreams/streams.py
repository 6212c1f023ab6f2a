"""What a lane needs of a connection to a desktop."""

import mmap
import socket
from typing import Final, Protocol

__all__ = ["READ_SIZE", "ByteStream", "ReadBuffer", "Sink"]

READ_SIZE: Final = 512 * 1024
"""Bytes that are read at once. Measured: from 64 KiB to 512 KiB the relay's cost per byte halves, beyond it
does not fall further. It also bounds what is queued in memory for a viewer that stopped taking."""


class Sink(Protocol):
    """Where a stream's bytes go once the handshakes are over. Called in the loop, must not raise."""

    def take_from(self, source: socket.socket) -> int:
        """Move some of what a readable socket holds; the number of bytes, 0 at its end.

        Raises `BlockingIOError` if there was nothing after all, another `OSError` if the source failed.
        """
        ...

    def take(self, payload: memoryview) -> None:
        """Move *payload*, which is valid during the call only."""
        ...

    def source_ended(self, error: Exception | None) -> None:
        """The desktop closed the connection, or it broke. Called once; nothing is delivered after it."""
        ...


class ByteStream(Protocol):
    """A connection to a desktop. First awaited with `receive`, then handed to a sink for good."""

    async def receive(self) -> bytes:
        """Some bytes, b"" at the end; raises `OSError`. Not to be used after `relay_to`."""
        ...

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """Write now what goes, and queue the rest. Whoever sends much awaits `drain`."""
        ...

    @property
    def is_held_up(self) -> bool:
        """Whether `drain` would have to wait."""
        ...

    async def drain(self) -> None:
        """Wait until nothing is queued; returns as well when the connection broke."""
        ...

    def relay_to(self, sink: Sink) -> None:
        """From now on the desktop's bytes go to *sink*."""
        ...

    def pause(self) -> None:
        """Read no more until `resume`, so that the desktop feels the back-pressure."""
        ...

    def resume(self) -> None: ...

    async def finish(self, last_words: bytes) -> None:
        """Send *last_words* and wait until the desktop has closed its side, throwing away what it still says.

        A connection that is closed with unread bytes is reset, and what was written last may be lost.
        """
        ...

    async def close(self) -> None:
        """Let go of everything; what is queued is lost. Safe to call twice."""
        ...


class ReadBuffer:
    """One buffer for all streams of a loop: it is full only within a callback, so idle streams cost none."""

    def __init__(self) -> None:
        # Page-aligned memory: copying to unaligned memory was measured to cost up to a third more.
        self.view = memoryview(mmap.mmap(-1, READ_SIZE))
