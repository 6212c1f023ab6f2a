"""From join to keeper: what the viewer is shown is what guacd drew, each instruction once and in order."""

import random
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.framing import InstructionFramer
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.transports.guacamole_handover import (
    MOST_HELD,
    NOTHING,
    Handover,
    Outcome,
    Piece,
    Side,
    end_of_sync,
)


def piece_of(*instructions: Instruction) -> Piece:
    run = b"".join(map(Instruction.encode, instructions))
    return Piece(memoryview(run), InstructionFramer().feed(run).last_sync)


def read(pieces: list[Piece]) -> list[Instruction]:
    decoder = InstructionDecoder()
    for piece in pieces:
        decoder.receive(piece.data)
    return list(decoder)


def sync(timestamp: int) -> Instruction:
    return Instruction.of("sync", timestamp)


def drawn(number: int) -> Instruction:
    return Instruction.of("rect", 0, number, 0, 1, 1)


@st.composite
def drawings(draw: st.DrawFn) -> list[Instruction]:
    """Frames of some instructions; several may have the same timestamp."""
    numbers, timestamp = count(), 1000
    instructions: list[Instruction] = []
    for _ in range(draw(st.integers(1, 12))):
        timestamp += draw(st.sampled_from([0, 0, 1, 7]))
        instructions += [drawn(next(numbers)) for _ in range(draw(st.integers(0, 3)))]
        instructions.append(sync(timestamp))
    return instructions


def play(stream: list[Instruction], joined_at: int, source: random.Random) -> tuple[list[Piece], Handover]:
    """Both sides get the stream in pieces, one or the other ahead; the join only from *joined_at* on."""
    left = {Side.JOIN: stream[joined_at:], Side.KEEPER: list(stream)}
    begins_after = source.randrange(4)
    shown: list[Piece] = []
    handover = Handover()
    for turn in count():
        sides = [side for side, rest in left.items() if rest]
        if not sides:
            break
        side = source.choice(sides)
        size = source.randrange(1, 6)
        piece, left[side] = piece_of(*left[side][:size]), left[side][size:]
        if handover.outcome is Outcome.DONE:
            shown.append(piece if side is Side.KEEPER else NOTHING)
        elif turn < begins_after or handover.outcome is Outcome.MISSED:
            shown.append(piece if side is Side.JOIN else NOTHING)
        else:
            shown.append(handover.said(side, piece))
    if handover.outcome is None:
        shown.append(handover.give_up())
    return shown, handover


@settings(max_examples=600, deadline=None)
@given(drawings(), st.integers(0, 6), st.randoms(use_true_random=False))
def test_nothing_is_missing_and_nothing_comes_twice(stream, joined_at, source) -> None:
    shown, _ = play(stream, joined_at, source)
    assert read(shown) == stream[joined_at:]
    syncs = [piece.last_sync for piece in shown if piece.last_sync is not None]
    assert all(earlier <= later for earlier, later in pairwise(syncs))
    last = [int(each.arguments[0]) for each in stream[joined_at:] if each.opcode == "sync"]
    assert syncs[-1:] == last[-1:]


def test_most_tries_succeed() -> None:
    source = random.Random(1)
    stream = [each for frame in range(60) for each in (drawn(frame), drawn(frame), sync(1000 + frame))]
    outcomes = [play(stream, 3, source)[1].outcome for _ in range(100)]
    assert outcomes.count(Outcome.DONE) > 80


@pytest.mark.parametrize("first", Side)
def test_whoever_comes_first_waits(first: Side) -> None:
    handover = Handover()
    second = Side.KEEPER if first is Side.JOIN else Side.JOIN
    for side in Side:
        handover.said(side, piece_of(drawn(1), sync(5)))
    ahead = handover.said(first, piece_of(drawn(2), sync(6), drawn(3)))
    more = handover.said(first, piece_of(drawn(4), sync(7), drawn(5)))
    assert handover.outcome is None
    behind = handover.said(second, piece_of(drawn(2), sync(6), drawn(3), drawn(4)))
    assert handover.outcome is Outcome.DONE
    expected = [drawn(2), sync(6), drawn(3), drawn(4)]
    expected += [sync(7), drawn(5)] if first is Side.KEEPER else []
    assert read([ahead, more, behind]) == expected


def test_frames_of_one_millisecond_are_no_place_to_meet() -> None:
    handover = Handover()
    shown = [handover.said(side, piece_of(sync(5))) for side in (Side.KEEPER, Side.JOIN)]
    shown.append(handover.said(Side.KEEPER, piece_of(drawn(1), sync(5), drawn(2), sync(5))))
    shown.append(handover.said(Side.JOIN, piece_of(drawn(1), sync(5))))
    assert handover.outcome is None
    assert read(shown) == [sync(5), drawn(1), sync(5)]


def test_who_is_too_far_ahead_is_let_go() -> None:
    handover = Handover()
    for side in Side:
        handover.said(side, piece_of(sync(5)))
    first = handover.said(Side.JOIN, piece_of(sync(6), drawn(1)))
    much = Piece(piece_of(drawn(2)).data.tobytes() * (MOST_HELD // 20), None)
    held = handover.said(Side.JOIN, much)
    assert handover.outcome is Outcome.MISSED
    assert b"".join((first.data, held.data)) == piece_of(sync(6), drawn(1)).data.tobytes() + much.data


def test_what_looks_like_a_sync_is_none() -> None:
    name = Instruction("name", ("4.sync,1.7;",) * 3)
    run = b"".join(each.encode() for each in (name, sync(6), sync(7), drawn(1)))
    assert end_of_sync(run, 7) == run.index(drawn(1).encode())
    assert end_of_sync(name.encode() * 3, 7) is None
    assert end_of_sync(Instruction.of("sync", 7, 2).encode(), 7) == len(Instruction.of("sync", 7, 2).encode())
    assert end_of_sync(Instruction.of("sync", 77).encode(), 7) is None
