"""When a viewer is asked, and when it is given up; without waiting."""

import pytest

from beamdesk.gateway.transports.liveness import Liveness, Patience, Verdict

PATIENCE = Patience.of(heartbeat_seconds=10, slow_viewer_seconds=20)


@pytest.fixture
def liveness() -> Liveness:
    return Liveness(PATIENCE, now=100)


def test_patience_finds_a_dead_link_within_thirty_seconds():
    assert Patience(ask=10, silent=25, slow=20) == PATIENCE


def test_a_quiet_viewer_is_asked_and_given_up(liveness: Liveness):
    assert liveness.judge(109.9, taken=0, waiting=False) is Verdict.FINE
    assert liveness.judge(110, taken=0, waiting=False) is Verdict.ASK
    assert liveness.judge(111, taken=2, waiting=False) is Verdict.FINE
    assert liveness.judge(120, taken=2, waiting=False) is Verdict.ASK
    assert liveness.judge(124.9, taken=4, waiting=False) is Verdict.FINE
    assert liveness.judge(125, taken=4, waiting=False) is Verdict.SILENT


def test_any_byte_from_it_is_a_sign_of_life(liveness: Liveness):
    assert liveness.judge(110, taken=0, waiting=False) is Verdict.ASK
    assert liveness.judge(119, taken=0, waiting=False) is Verdict.FINE
    liveness.heard()
    assert liveness.judge(120, taken=0, waiting=False) is Verdict.FINE
    assert liveness.judge(128.9, taken=0, waiting=False) is Verdict.FINE
    assert liveness.judge(129, taken=0, waiting=False) is Verdict.ASK
    assert liveness.judge(143.9, taken=0, waiting=False) is Verdict.ASK
    assert liveness.judge(144, taken=0, waiting=False) is Verdict.SILENT


def test_taking_the_stream_is_a_sign_of_life_but_acknowledged_pings_are_not(liveness: Liveness):
    taken = 0
    for now in range(110, 200, 5):
        taken += 17
        assert liveness.judge(now, taken=taken, waiting=True) in {Verdict.FINE, Verdict.ASK}
    assert liveness.judge(214, taken=taken + 16, waiting=False) is not Verdict.SILENT
    assert liveness.judge(220, taken=taken + 16, waiting=False) is Verdict.SILENT


def test_small_takings_add_up(liveness: Liveness):
    assert liveness.judge(110, taken=10, waiting=True) is Verdict.ASK
    assert liveness.judge(119, taken=20, waiting=True) is Verdict.FINE
    assert liveness.judge(138, taken=30, waiting=True) is not Verdict.TOO_SLOW


def test_who_takes_nothing_of_what_waits_is_too_slow(liveness: Liveness):
    assert liveness.judge(110, taken=0, waiting=False) is Verdict.ASK
    for now in range(111, 130):
        liveness.heard()
        assert liveness.judge(now, taken=0, waiting=True) is Verdict.FINE
    assert liveness.judge(130, taken=0, waiting=True) is Verdict.TOO_SLOW


def test_the_time_counts_from_when_something_began_to_wait(liveness: Liveness):
    for now in range(101, 160):
        liveness.heard()
        assert liveness.judge(now, taken=0, waiting=False) is Verdict.FINE
    for now in range(160, 179):
        liveness.heard()
        assert liveness.judge(now, taken=0, waiting=True) is Verdict.FINE
    assert liveness.judge(179, taken=0, waiting=True) is Verdict.TOO_SLOW
