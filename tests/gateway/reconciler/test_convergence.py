"""Whatever people want and whatever goes wrong: in the end it is so, and no machine is left over."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beamdesk.brokers.errors import BrokerReason
from beamdesk.brokers.protocol import MachinePhase
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.instances.states import Desired, InstanceState
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import InstanceId
from support.portal_world import World
from support.scripted_broker import Call

Action = Callable[[World, Principal, InstanceId], Awaitable[None]]

EXAMPLES = count()
WORKING = [Call.CREATE, Call.START, Call.STOP, Call.REBOOT, Call.DELETE, Call.OBSERVE]
SETTLED = {
    Desired.RUNNING: {InstanceState.READY, InstanceState.DEGRADED},
    Desired.STOPPED: {InstanceState.STOPPED},
    Desired.DELETED: {InstanceState.DELETED},
}


def want(command: Command) -> Action:
    async def act(world: World, owner: Principal, instance: InstanceId) -> None:
        with suppress(Problem):  # not everything can be wanted at any time
            await world.command(owner, instance, command)

    return act


def refuse(call: Call, reason: BrokerReason, times: int) -> Action:
    async def act(world: World, _owner: Principal, _instance: InstanceId) -> None:
        world.broker.faults.refuse(call, reason, times=times)

    return act


def refuse_create_at(phase: MachinePhase, reason: BrokerReason) -> Action:
    async def act(world: World, _owner: Principal, _instance: InstanceId) -> None:
        world.broker.faults.refuse(Call.CREATE, reason, at=phase)

    return act


def lose_reply(call: Call) -> Action:
    async def act(world: World, _owner: Principal, _instance: InstanceId) -> None:
        world.broker.faults.lose_reply(call)

    return act


async def hide_from_listings(world: World, _owner: Principal, instance: InstanceId) -> None:
    world.broker.faults.partial_listing(hidden=[instance], times=2)


async def kill(world: World, _owner: Principal, instance: InstanceId) -> None:
    if world.cloud.of(instance) is not None:
        world.cloud.kill(instance)


async def vanish(world: World, _owner: Principal, instance: InstanceId) -> None:
    if world.cloud.of(instance) is not None:
        world.cloud.vanish(instance)


async def doom(world: World, _owner: Principal, instance: InstanceId) -> None:
    world.cloud.doom(instance)


def work(points: int) -> Action:
    """A gateway works until it got to something new, and is killed."""

    async def act(world: World, _owner: Principal, instance: InstanceId) -> None:
        revision = (await world.record(instance)).revision

        async def came_on() -> bool:
            world.cloud.of(instance)  # fails the test where there are two
            record = await world.record(instance)
            return record.revision >= revision + points or record.is_settled

        async with world.reconciling():
            await world.until(came_on)

    return act


actions = st.one_of(
    st.sampled_from(Command).map(want),
    st.integers(1, 4).map(work),
    st.builds(refuse, st.sampled_from(WORKING), st.sampled_from(BrokerReason), st.integers(1, 3)),
    st.builds(refuse_create_at, st.sampled_from(MachinePhase), st.sampled_from(BrokerReason)),
    st.sampled_from(WORKING).map(lose_reply),
    st.sampled_from([hide_from_listings, kill, vanish, doom]),
)


@given(st.lists(actions, max_size=14))
@settings(
    max_examples=40,
    deadline=None,
    # The database is shared by the examples: each has its own person, instance and back end in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_intents_and_faults_converge(database: Database, script: list[Action]) -> None:
    number = next(EXAMPLES)
    world = World(database, broker=f"scripted-{number}")
    owner = await world.person(f"person-{number}")
    instance = await world.instance(owner)
    for act in script:
        await act(world, owner, instance)
        world.cloud.of(instance)
    world.broker.faults.heal()
    healed = world.clock.now()
    async with world.reconciling() as reconciler:

        async def was_listed_since() -> bool:
            listed = reconciler.health[0].as_of
            return listed is not None and listed > healed

        await world.until(was_listed_since)
        record = await world.settled(instance)
        machine = world.cloud.of(instance)
        if record.state is InstanceState.ERROR:
            assert record.error is not None
        else:
            assert record.state in SETTLED[record.desired]
            assert (machine is None) == (record.desired is Desired.DELETED or record.ref is None)
        if record.state is InstanceState.READY:
            assert machine is not None
    await world.remove(owner, instance)
    assert not world.cloud.machines


@pytest.mark.parametrize("command", [Command.START, Command.STOP])
async def test_every_error_can_be_left(database: Database, command: Command) -> None:
    world = World(database)
    marie = await world.person("marie")
    for reason in BrokerReason:
        instance = await world.instance(marie)
        world.broker.faults.refuse(Call.CREATE, reason)
        async with world.reconciling():
            await world.settled(instance)
            await world.command(marie, instance, command)
            record = await world.settled(instance)
            assert record.state in SETTLED[record.desired]
        await world.remove(marie, instance)
