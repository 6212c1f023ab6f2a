"""What framing a chunk finds: where its last whole instruction ends, and what must be noticed in it."""

from enum import IntEnum
from typing import Final, NamedTuple

__all__ = ["NOTICED", "Framed", "Notice", "Noticed"]


class Noticed(IntEnum):
    """Instructions towards the viewer that a relay looks at; all others only pass through."""

    ERROR = 1
    DISCONNECT = 2
    READY = 3
    REQUIRED = 4
    MSG = 5
    CLIPBOARD = 6
    FILE = 7
    PIPE = 8
    FILESYSTEM = 9
    BODY = 10
    ARGV = 11
    AUDIO = 12


NOTICED: Final = {kind.name.lower(): kind for kind in Noticed}
"""Opcode → kind. `sync` is not among them: it is counted, and its timestamp kept."""


class Notice(NamedTuple):
    """One noticed instruction; `chunk[start:end]` holds it.

    A negative `start` lies in the chunks before: so many bytes of the unfinished part belong to it.
    """

    kind: Noticed
    start: int
    end: int


class Framed(NamedTuple):
    """One chunk, framed."""

    end: int
    """Offset in the chunk behind the last instruction that ends in it; 0 where none does."""
    instructions: int
    """How many instructions end in the chunk."""
    syncs: int
    """How many of them are `sync`."""
    last_sync: int | None
    """The timestamp of the last `sync` that has one, in guacd's milliseconds."""
    notices: tuple[Notice, ...]
    """The noticed instructions that end in the chunk, in order."""
