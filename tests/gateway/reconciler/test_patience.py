"""Delays and the circuit."""

import pytest

from beamdesk.gateway.reconciler.patience import BackOff, Circuit


def test_delays_double_up_to_the_longest() -> None:
    back_off = BackOff(1, 60, lambda: 1.0)
    assert [back_off.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_delays_never_overflow() -> None:
    back_off = BackOff(1, 60, lambda: 1.0)
    assert [back_off.next() for _ in range(3000)][-1] == 60


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_jitter_takes_up_to_half(chance: float, delay: float) -> None:
    assert BackOff(1, 60, lambda: chance).next() == delay


def opened() -> Circuit:
    circuit = Circuit(threshold=3, first_seconds=5, longest_seconds=12)
    for _ in range(3):
        circuit.silent(100)
    return circuit


def test_a_few_silences_spare_nobody() -> None:
    circuit = Circuit(threshold=3, first_seconds=5, longest_seconds=12)
    circuit.silent(100)
    circuit.silent(100)
    assert circuit.wait(100) == 0


def test_an_answer_in_between_starts_the_count_anew() -> None:
    circuit = Circuit(threshold=3, first_seconds=5, longest_seconds=12)
    for silent in (True, True, False, True, True):
        circuit.silent(100) if silent else circuit.answered()
    assert not circuit.is_open


def test_an_open_circuit_tells_how_long_to_wait() -> None:
    circuit = opened()
    assert circuit.wait(100) == 5
    assert circuit.wait(104) == 1


def test_after_the_pause_one_trial_is_let_through() -> None:
    circuit = opened()
    assert circuit.wait(105) == 0
    assert circuit.wait(105) == 5


def test_a_failed_trial_doubles_the_pause_up_to_the_longest() -> None:
    circuit = opened()
    waits = []
    now = 100.0
    for _ in range(3):
        now += circuit.wait(now)
        assert circuit.wait(now) == 0
        circuit.silent(now)
        waits.append(circuit.wait(now))
    assert waits == [10, 12, 12]


def test_a_trial_that_succeeds_closes_the_circuit() -> None:
    circuit = opened()
    assert circuit.wait(105) == 0
    circuit.answered()
    assert circuit.wait(105) == 0
    assert circuit.wait(105) == 0
