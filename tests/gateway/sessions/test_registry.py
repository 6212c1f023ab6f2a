"""Sessions in memory: who is there, who has to go, and nobody slips through."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Role
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tickets import InstanceId, Stream, Target, Ticket, UserId
from support.manual_clock import ManualClock

DESK = InstanceId("desk")
OTHER = InstanceId("other")


def ticket(instance: InstanceId = DESK, *, sign_in: str = "sign-in", user: str = "ada") -> Ticket:
    return Ticket(
        user_id=UserId(user),
        user_name=user.title(),
        instance_id=instance,
        role=Role.GUEST,
        stream=Stream.RFB,
        target=Target(),
        sign_in=sign_in,
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sessions(clock: ManualClock) -> SessionRegistry:
    return SessionRegistry(clock)


@pytest.fixture
async def attach(sessions: SessionRegistry):
    with ExitStack() as stack:

        def attached(*arguments, **named):
            admission = stack.enter_context(sessions.admission())
            return stack.enter_context(admission.attach(ticket(*arguments, **named)))

        yield attached


async def test_viewers_are_listed_in_the_order_in_which_they_came(sessions, clock, attach):
    attach(user="ada")
    clock.advance(5)
    attach(user="emmy")
    first, second = sessions.viewers(DESK)
    assert (first.user_id, first.user_name, first.role) == ("ada", "Ada", Role.GUEST)
    assert (second.since - first.since).total_seconds() == 5
    assert first.id != second.id
    assert sessions.viewer_count == 2
    assert sessions.viewers(OTHER) == ()


async def test_comings_and_goings_are_told_after_the_fact(sessions):
    told = []
    sessions.on_presence(lambda instance: told.append((instance, len(sessions.viewers(instance)))))
    with sessions.admission() as admission, admission.attach(ticket()):
        assert told == [(DESK, 1)]
    assert told == [(DESK, 1), (DESK, 0)]
    assert sessions.viewer_count == 0


async def test_a_listener_that_fails_costs_nobody_anything(sessions, attach):
    told = []
    sessions.on_presence(lambda instance: 1 / 0)
    sessions.on_presence(told.append)
    attach()
    assert told == [DESK]


async def test_an_instance_ends_for_its_viewers_only(sessions, attach):
    mine, yours, other = attach(), attach(user="emmy"), attach(OTHER)
    sessions.end_instance(DESK, EndReason.DESKTOP_STOPPED)
    assert await mine.ended() is await yours.ended() is EndReason.DESKTOP_STOPPED
    assert other.reason is None


async def test_a_sign_in_ends_in_all_its_sessions(sessions, attach):
    here, there = attach(sign_in="s1"), attach(OTHER, sign_in="s1")
    stays = attach(sign_in="s2")
    sessions.end_sign_in("s1", EndReason.ACCESS_ENDED)
    assert here.reason is there.reason is EndReason.ACCESS_ENDED
    assert stays.reason is None


async def test_the_first_reason_counts(sessions, attach):
    viewer = attach()
    sessions.end_instance(DESK, EndReason.DESKTOP_STOPPED)
    viewer.end(EndReason.DESKTOP_ENDED)
    sessions.end_sign_in("sign-in", EndReason.ACCESS_ENDED)
    assert await viewer.ended() is EndReason.DESKTOP_STOPPED


async def test_a_cancelled_wait_takes_the_end_from_nobody(sessions, attach):
    viewer = attach()
    async with asyncio.TaskGroup() as group:
        impatient = group.create_task(viewer.ended())
        patient = group.create_task(viewer.ended())
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        viewer.end(EndReason.LEFT)
        assert await patient is EndReason.LEFT


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda it: it.end_instance(DESK, EndReason.DESKTOP_STOPPED), EndReason.DESKTOP_STOPPED),
        (lambda it: it.end_sign_in("sign-in", EndReason.ACCESS_ENDED), EndReason.ACCESS_ENDED),
        (lambda it: it.end_instance(OTHER, EndReason.DESKTOP_STOPPED), None),
        (lambda it: it.end_sign_in("another", EndReason.ACCESS_ENDED), None),
    ],
)
async def test_ends_before_the_viewer_is_attached_are_remembered(sessions, end, reason):
    with sessions.admission() as admission:
        end(sessions)
        with admission.attach(ticket()) as viewer:
            assert viewer.reason is reason


async def test_ends_before_the_admission_are_none_of_its_business(sessions):
    sessions.end_instance(DESK, EndReason.DESKTOP_STOPPED)
    with sessions.admission() as admission, admission.attach(ticket()) as viewer:
        assert viewer.reason is None


async def test_an_attached_viewer_gathers_no_memories(sessions):
    with sessions.admission() as admission, admission.attach(ticket()):
        for number in range(100):
            sessions.end_instance(InstanceId(str(number)), EndReason.DESKTOP_STOPPED)
        assert not admission._instances


async def test_draining_ends_all_and_waits_for_the_last(sessions):
    with ExitStack() as stack:
        attached = stack.enter_context(stack.enter_context(sessions.admission()).attach(ticket()))
        pending = stack.enter_context(sessions.admission())
        async with asyncio.TaskGroup() as group:
            drained = group.create_task(sessions.drain())
            assert await attached.ended() is EndReason.GATEWAY_STOPPING
            with pending.attach(ticket(OTHER)) as late:
                assert late.reason is EndReason.GATEWAY_STOPPING
            await asyncio.sleep(0)
            assert not drained.done()
            stack.close()
    assert sessions.is_draining
    with sessions.admission() as admission, admission.attach(ticket()) as too_late:
        assert too_late.reason is EndReason.GATEWAY_STOPPING


async def test_draining_nobody_is_done_at_once(sessions):
    await sessions.drain()
    assert sessions.is_draining
