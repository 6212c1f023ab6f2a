"""Judgements about viewers that fall behind, with time as an argument."""

import asyncio

import pytest

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.framed import Noticed
from beamdesk.codecs.guac.framing import InstructionFramer
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.transports.guacamole_outbox import LONGEST_WAIT, MOST_QUEUED, Outbox
from beamdesk.gateway.transports.guacamole_pace import (
    LATE_SECONDS,
    MOST_SAID,
    Acknowledgements,
    Allowance,
    RejoinPace,
)
from beamdesk.gateway.transports.guacamole_prompts import LONGEST_ANSWER, Answer, Answers
from beamdesk.gateway.transports.guacamole_withheld import WithheldStreams


def test_two_four_eight_seconds_and_five_in_a_minute():
    pace = RejoinPace()
    assert [pace.pause(now) for now in (0, 2, 6, 14, 22, 30)] == [2, 4, 8, 8, 8, None]
    # One by one they are forgotten, and the pauses get shorter.
    assert [pace.pause(now) for now in (60.5, 200)] == [8, 2]


def test_the_browser_answers_for_itself_while_it_keeps_up():
    syncs = Acknowledgements()
    syncs.passed_on(100, 0.0)
    assert syncs.in_its_stead(0.1, behind=False, has_company=True) is None
    assert syncs.arrived(100, 0.15)
    assert syncs.in_its_stead(9.0, behind=True, has_company=True) is None


@pytest.mark.parametrize(
    ("now", "behind", "has_company", "answered"),
    [
        (0.0, True, False, 100),
        (LATE_SECONDS + 0.01, False, True, 100),
        (LATE_SECONDS + 0.01, False, False, None),
        (LATE_SECONDS, False, True, None),
    ],
)
def test_who_is_behind_or_holds_up_others_is_answered_for(now, behind, has_company, answered):
    syncs = Acknowledgements()
    syncs.passed_on(100, 0.0)
    assert syncs.in_its_stead(now, behind=behind, has_company=has_company) == answered
    # And the browser's own answer, late as it is, goes no further.
    assert syncs.arrived(100, now) is (answered is None)


def test_what_was_passed_on_before_a_new_join_needs_no_answer():
    syncs = Acknowledgements()
    syncs.passed_on(100, 0.0)
    syncs.forget()
    assert not syncs.arrived(90, 1.0)
    assert not syncs.arrived(100, 1.0)
    syncs.passed_on(101, 1.0)
    assert syncs.arrived(101, 1.1)


def test_who_says_a_lot_may_go_on_after_a_pause():
    allowance = Allowance(100.0)
    allowance.use(MOST_SAID - 1)
    assert not allowance.is_used_up
    allowance.use(1)
    assert allowance.is_used_up
    pause = allowance.renew(100.0)
    assert pause > 0
    assert allowance.is_used_up
    assert allowance.renew(100.0 + pause) == 0
    allowance.use(round(pause * MOST_SAID) - 1)
    assert not allowance.is_used_up
    allowance.use(2)
    assert allowance.is_used_up


def test_on_average_nobody_says_more_than_is_allowed():
    allowance = Allowance(0.0)
    now = said = 0.0
    while now < 60:
        allowance.use(900)
        said += 900
        if allowance.is_used_up:
            now += allowance.renew(now)
            allowance.renew(now)
    assert said == pytest.approx(61 * MOST_SAID, rel=0.02)


def test_silence_saves_up_no_more_than_a_second():
    allowance = Allowance(0.0)
    assert allowance.renew(3600.0) == 0
    allowance.use(MOST_SAID)
    assert allowance.is_used_up


class FakeFrames:
    """Takes what fits, as a socket does."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.room = True
        self.outbox: Outbox | None = None
        self.backlog = 0
        self.taken_by_peer = 0

    def take(self, payload: memoryview) -> None:
        self.sent.append(bytes(payload))
        if not self.room:
            self.outbox.on_full()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def outbox() -> tuple[Outbox, FakeFrames, Clock]:
    clock = Clock()
    box, frames = Outbox(clock), FakeFrames()
    frames.outbox = box
    box.open(frames)
    return box, frames, clock


def test_an_outbox_keeps_the_order_and_its_bounds():
    box, frames, _ = outbox()
    frames.room = False
    scratch = bytearray(b"1")
    for letter in b"123":
        scratch[0] = letter
        box.send(memoryview(scratch))
    assert frames.sent == [b"1"]
    assert box.backlog == 2
    frames.room = True
    box.on_room()
    assert frames.sent == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("size", "age", "behind", "full"),
    [
        (MOST_QUEUED // 2, 0, False, False),
        (MOST_QUEUED // 2 + 1, 0, True, False),
        (MOST_QUEUED, 0, True, False),
        (MOST_QUEUED + 1, 0, True, True),
        (1, LONGEST_WAIT / 2, False, False),
        (1, LONGEST_WAIT / 2 + 0.1, True, False),
        (1, LONGEST_WAIT + 0.1, True, True),
    ],
)
def test_half_and_full(size, age, behind, full):
    box, _, clock = outbox()
    box.on_full()
    box.send(bytes(size))
    clock.now = age
    assert (box.is_behind, box.is_full) == (behind, full)
    box.drop()
    assert (box.is_behind, box.is_full, box.backlog) == (False, False, 0)


async def test_it_is_empty_when_the_system_has_taken_everything():
    box, frames, _ = outbox()
    frames.room = False
    box.send(b"x")
    box.send(b"y")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(box.empty())
        await asyncio.sleep(0)
        assert not waiting.done()
        box.on_room()  # takes y, and is full again
        await asyncio.sleep(0)
        assert not waiting.done()
        frames.room = True
        box.on_room()
    assert waiting.done()


def run_of(*instructions: Instruction) -> bytes:
    return b"".join(map(Instruction.encode, instructions))


CLIPBOARD = [
    Instruction.of("clipboard", 3, "text/plain"),
    Instruction.of("blob", 3, "c2VjcmV0"),
    Instruction.of("blob", 3, "c2VjcmV0"),
    Instruction.of("end", 3),
]
PICTURE = [
    Instruction.of("img", 5, 14, 0, "image/png", 0, 0),
    Instruction.of("blob", 5, "AAAA"),
    Instruction.of("end", 5),
    Instruction.of("sync", 9),
]


@pytest.mark.parametrize("cut", range(len(CLIPBOARD) + 1))
def test_a_clipboard_is_left_out_wherever_the_runs_are_cut(cut: int):
    streams = WithheldStreams(frozenset({Noticed.CLIPBOARD}))
    framer = InstructionFramer()
    passed = b""
    mixed = [PICTURE[0], *CLIPBOARD[:2], PICTURE[1], *CLIPBOARD[2:], *PICTURE[2:], *PICTURE]
    for part in (mixed[:cut], mixed[cut:]):
        run = run_of(*part)
        if run:
            passed += streams.without(memoryview(run), framer.feed(run))
    assert passed == run_of(*PICTURE, *PICTURE)


def test_a_number_that_is_used_again_is_a_new_stream():
    streams = WithheldStreams(frozenset({Noticed.CLIPBOARD}))
    framer = InstructionFramer()
    run = run_of(CLIPBOARD[0], CLIPBOARD[1], Instruction.of("img", 3, 14, 0, "image/png", 0, 0), CLIPBOARD[1])
    decoder = InstructionDecoder()
    decoder.receive(bytes(streams.without(memoryview(run), framer.feed(run))))
    assert [instruction.opcode for instruction in decoder] == ["img", "blob"]


def test_an_answer_is_put_together():
    answers = Answers()
    said = [
        Instruction.of("argv", 1, "text/plain", "password"),
        Instruction.of("argv", 2, "text/plain", "username"),
        Instruction.of("blob", 1, "c2Vj"),
        Instruction.of("blob", 2, "QWRh"),
        Instruction.of("blob", 1, "cmV0"),
        Instruction.of("end", 1),
        Instruction.of("end", 2),
    ]
    given = [answer for answer in map(answers.receive, said) if answer]
    assert given == [Answer("password", "secret"), Answer("username", "Ada")]
    assert "secret" not in repr(given)


@pytest.mark.parametrize("blob", ["not base64", "/w==", "A" * 4 * (LONGEST_ANSWER // 3 + 1)])
def test_what_is_no_answer(blob: str):
    answers = Answers()
    answers.receive(Instruction.of("argv", 1, "text/plain", "password"))
    answers.receive(Instruction.of("blob", 1, blob))
    assert answers.receive(Instruction.of("end", 1)) is None
