"""The table of states: what must hold of it, and its drawing."""

from pathlib import Path

import pytest

from beamdesk.gateway.portal.instances.states import TRANSITIONS, InstanceState, drawing, may_become

STATES = Path(__file__).parents[3] / "gateway/portal/instances/STATES.md"

S = InstanceState


def reachable(start: InstanceState) -> set[InstanceState]:
    found, waiting = {start}, [start]
    while waiting:
        for then in TRANSITIONS[waiting.pop()] - found:
            found.add(then)
            waiting.append(then)
    return found


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(InstanceState)


def test_every_state_can_be_reached() -> None:
    assert reachable(S.REQUESTED) == set(InstanceState)


@pytest.mark.parametrize("state", set(InstanceState) - {S.DELETED})
def test_every_instance_can_be_deleted_whatever_happened_to_it(state: InstanceState) -> None:
    assert S.DELETED in reachable(state)
    assert may_become(state, S.DELETING)


@pytest.mark.parametrize("state", set(InstanceState) - {S.DELETED})
def test_every_instance_can_fail(state: InstanceState) -> None:
    assert may_become(state, S.ERROR)


def test_a_deleted_instance_stays_deleted() -> None:
    assert not TRANSITIONS[S.DELETED]
    assert not any(may_become(S.DELETED, then) for then in InstanceState if then is not S.DELETED)


def test_what_is_being_deleted_does_not_come_back() -> None:
    assert TRANSITIONS[S.DELETING] == {S.DELETED, S.ERROR}


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (S.REQUESTED, S.PROVISIONING),
        (S.PROVISIONING, S.BOOTING),
        (S.BOOTING, S.READY),
        (S.READY, S.DEGRADED),
        (S.DEGRADED, S.READY),
        (S.READY, S.STOPPING),
        (S.DEGRADED, S.STOPPING),
        (S.STOPPING, S.STOPPED),
        (S.STOPPED, S.BOOTING),
        (S.DELETING, S.DELETED),
    ],
)
def test_the_ordinary_way_is_open(now: InstanceState, then: InstanceState) -> None:
    assert may_become(now, then)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (S.REQUESTED, S.READY),
        (S.STOPPED, S.READY),
        (S.ERROR, S.READY),
        (S.BOOTING, S.PROVISIONING),
        (S.READY, S.PROVISIONING),
        (S.READY, S.DELETED),
    ],
)
def test_shortcuts_are_closed(now: InstanceState, then: InstanceState) -> None:
    assert not may_become(now, then)


def test_the_drawing_is_that_of_the_table() -> None:
    assert f"```mermaid\n{drawing()}```\n" in STATES.read_text(), "draw it anew: see STATES.md"
