"""One stream, read in each of the codec's three ways, so that the readings can be compared."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from beamdesk.codecs.guac import framing, framing_py
from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.errors import GuacReason, MalformedStream, RemoteProtocolError
from beamdesk.codecs.guac.instruction import Instruction


@dataclass(frozen=True)
class Framing:
    """What framing a stream found, positions counted from its beginning."""

    end: int
    instructions: int
    syncs: int
    last_sync: int | None
    notices: tuple[tuple[str, int, int], ...]
    reason: GuacReason | None
    position: int | None
    pending: int | None


@dataclass(frozen=True)
class Reading:
    """What the strict decoder made of a stream."""

    instructions: tuple[Instruction, ...]
    reason: GuacReason | None


FRAMERS: dict[str, Callable[[], framing.InstructionFramer | framing_py.InstructionFramer]] = {
    "compiled": framing.InstructionFramer,
    "plain": framing_py.InstructionFramer,
}


def frame(which: str, chunks: Iterable[bytes]) -> Framing:
    framer = FRAMERS[which]()
    end = count = syncs = offset = 0
    last_sync = reason = position = None
    notices: list[tuple[str, int, int]] = []
    for chunk in chunks:
        try:
            framed = framer.feed(chunk)
        except MalformedStream as malformed:
            framed, reason, position = malformed.framed, malformed.reason, offset + malformed.position
        end = offset + framed.end if framed.end else end
        count, syncs = count + framed.instructions, syncs + framed.syncs
        last_sync = last_sync if framed.last_sync is None else framed.last_sync
        notices += [
            (notice.kind.name, offset + notice.start, offset + notice.end) for notice in framed.notices
        ]
        if reason is not None:
            break
        offset += len(chunk)
    pending = None if reason else framer.pending
    return Framing(end, count, syncs, last_sync, tuple(notices), reason, position, pending)


def decode(chunks: Iterable[bytes]) -> Reading:
    decoder = InstructionDecoder()
    instructions: list[Instruction] = []
    try:
        for chunk in chunks:
            decoder.receive(chunk)
            for instruction in decoder:
                instructions.append(instruction)  # noqa: PERF402 - those before a fault are kept
    except RemoteProtocolError as error:
        return Reading(tuple(instructions), error.reason)
    return Reading(tuple(instructions), None)


def cut(stream: bytes, source: random.Random) -> Iterator[bytes]:
    """The stream in pieces of 0 to 9 bytes."""
    start = 0
    while start < len(stream):
        size = source.randrange(10)
        yield stream[start : start + size]
        start += size
