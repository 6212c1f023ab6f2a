"""guacd's bytes as runs of whole instructions, without a copy and without looking into most of them."""

import socket
from typing import Final, Protocol

from beamdesk.codecs.guac.errors import MalformedStream
from beamdesk.codecs.guac.framed import Framed
from beamdesk.codecs.guac.framing import InstructionFramer
from beamdesk.codecs.guac.limits import MAXIMUM_INSTRUCTION_BYTES
from beamdesk.gateway.upstreams.streams import ReadBuffer

__all__ = ["InstructionReader", "InstructionSink"]

_ROOM: Final = MAXIMUM_INSTRUCTION_BYTES
"""Bytes at the beginning of the shared buffer, for what was unfinished before, so that both lie in a row."""


class InstructionSink(Protocol):
    """Where instructions go. Called in the loop, must not raise."""

    def instructions(self, run: memoryview, framed: Framed, base: int) -> None:
        """Take some whole instructions; *run* is valid during the call only.

        The offsets in *framed* count from `run[base]`.
        """
        ...

    def source_ended(self, error: Exception | None) -> None:
        """The connection was closed, or broke, or carries no instructions (`MalformedStream`).

        Called once, the last of all calls.
        """
        ...


class InstructionReader:
    """A `Sink` that reads into the loop's shared buffer and keeps only an unfinished instruction."""

    def __init__(self, buffer: ReadBuffer, sink: InstructionSink) -> None:
        self._view = buffer.view
        self._space = buffer.view[_ROOM:]
        self._sink = sink
        self._framer = InstructionFramer()
        self._unfinished = b""
        self._over = False
        self.heard = False
        """Whether anything arrived since somebody set this to False."""

    def take_from(self, source: socket.socket) -> int:
        """See `Sink`."""
        count = source.recv_into(self._space)
        start = _ROOM - len(self._unfinished)
        if start < _ROOM:
            self._view[start:_ROOM] = self._unfinished
        self._frame(self._view, start, _ROOM, _ROOM + count)
        return count

    def take(self, payload: memoryview) -> None:
        """See `Sink`."""
        before = len(self._unfinished)
        # The payload begins where the shared buffer does, so there is no room before it.
        data = memoryview(self._unfinished + payload) if before else payload
        self._frame(data, 0, before, len(data))

    def source_ended(self, error: Exception | None) -> None:
        """See `Sink`."""
        if not self._over:
            self._over = True
            self._sink.source_ended(error)

    def _frame(self, data: memoryview, start: int, new: int, stop: int) -> None:
        """Hand on what is whole from *start* to *stop*; what is before *new* has been framed before."""
        if self._over:
            return
        self.heard = True
        try:
            framed = self._framer.feed(data[new:stop])
        except MalformedStream as error:
            self.source_ended(error)
            return
        if not framed.end:
            self._unfinished = bytes(data[start:stop])
            return
        end = new + framed.end
        self._sink.instructions(data[start:end], framed, new - start)
        self._unfinished = bytes(data[end:stop])
