"""From a viewer's join to the stream of its keeper, without a gap and without a repetition.

guacd draws for all users of a connection at once: each of them is told the same in the same order, and a
`sync` ends each frame. So behind the first `sync` with a new timestamp both go on alike.
"""

from enum import Enum, auto
from typing import Final, NamedTuple

from beamdesk.codecs.guac.framing import InstructionFramer
from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["MOST_HELD", "NOTHING", "Handover", "Outcome", "Piece", "Side", "end_of_sync"]

MOST_HELD: Final = 1024 * 1024
"""Bytes that the one that is ahead may say before the other one has said as much."""

_MOST_CANDIDATES: Final = 8
"""Places that are looked at: a machine may write what looks like a `sync` into its name."""


class Piece(NamedTuple):
    """Some whole instructions of guacd's."""

    data: bytes | memoryview
    last_sync: int | None
    """The timestamp (guacd's milliseconds) of the last `sync` in it that ends a frame not shown before."""


NOTHING: Final = Piece(b"", None)


class Side(Enum):
    """Who says something."""

    JOIN = auto()
    KEEPER = auto()


class Outcome(Enum):
    DONE = auto()
    """From now on the viewer is shown what the keeper is told; its join is not needed any more."""
    MISSED = auto()
    """The viewer goes on with its join."""


class Handover:
    """Finds the `sync` behind which one stream can take the place of the other.

    The one that comes to a new `sync` first is held back there until the other one has come to it, too.
    """

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self._latest: dict[Side, int] = {}
        self._ahead: Side | None = None
        self._meeting = -1
        self._held = bytearray()
        self._held_sync: int | None = None

    def said(self, side: Side, piece: Piece) -> Piece:
        """What the viewer is to be shown now that *side* has said *piece*; to be asked until the outcome."""
        before = self._latest.get(side)
        if piece.last_sync is not None:
            self._latest[side] = piece.last_sync
        if self._ahead is side:
            return self._hold(piece)
        if self._ahead is not None:
            return self._arrive(side, piece)
        if self._may_wait(side, piece, before):
            return self._wait(side, piece)
        return piece if side is Side.JOIN else NOTHING

    def give_up(self) -> Piece:
        """Leave the viewer with its join; what it has not been shown of it."""
        self.outcome = Outcome.MISSED
        return Piece(bytes(self._held), self._held_sync) if self._ahead is Side.JOIN else NOTHING

    def _may_wait(self, side: Side, piece: Piece, before: int | None) -> bool:
        """Whether the last `sync` of *piece* is the first of its timestamp, here and for the other side.

        Frames that are drawn within a millisecond have the same one.
        """
        other = self._latest.get(Side.KEEPER if side is Side.JOIN else Side.JOIN)
        if piece.last_sync is None or before is None or other is None:
            return False
        return before < piece.last_sync > other

    def _wait(self, side: Side, piece: Piece) -> Piece:
        shown = piece if side is Side.JOIN else NOTHING
        if piece.last_sync is None or (end := end_of_sync(piece.data, piece.last_sync)) is None:
            return shown
        self._ahead, self._meeting = side, piece.last_sync
        self._held += piece.data[end:]
        return Piece(piece.data[:end], self._meeting) if side is Side.JOIN else NOTHING

    def _hold(self, piece: Piece) -> Piece:
        self._held += piece.data
        self._held_sync = self._held_sync if piece.last_sync is None else piece.last_sync
        return NOTHING if len(self._held) <= MOST_HELD else self.give_up()

    def _arrive(self, side: Side, piece: Piece) -> Piece:
        """The one that is behind says *piece*: maybe it comes to the meeting."""
        shown = piece if side is Side.JOIN else NOTHING
        if piece.last_sync is None or piece.last_sync < self._meeting:
            return shown
        end = end_of_sync(piece.data, self._meeting)
        if end is None:
            held = self.give_up()
            return held if side is Side.KEEPER else shown
        self.outcome = Outcome.DONE
        if side is Side.JOIN:
            return Piece(
                b"".join((piece.data[:end], self._held)),
                self._meeting if self._held_sync is None else self._held_sync,
            )
        return Piece(piece.data[end:], None if piece.last_sync == self._meeting else piece.last_sync)


def end_of_sync(run: bytes | memoryview, timestamp: int) -> int | None:
    """Offset behind the first `sync` of *timestamp* in *run*, whole instructions; None without one."""
    text = bytes(run)
    # What follows the timestamp is the terminator, or since guacd 1.5 the number of frames.
    sync = Instruction.of("sync", timestamp).encode()[:-1]
    at = -1
    for _ in range(_MOST_CANDIDATES):
        at = text.find(sync, at + 1)
        if at < 0:
            break
        end = text.find(b";", at) + 1
        framed = InstructionFramer().feed(text[:end])
        if framed.end == end and framed.last_sync == timestamp:
            return end
    return None
