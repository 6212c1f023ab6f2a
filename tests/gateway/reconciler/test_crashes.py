"""A gateway that is killed at any point leaves something from which the next one goes on."""

import asyncio
from itertools import count

import pytest

from beamdesk.brokers.protocol import MachinePhase
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from beamdesk.gateway.tickets import InstanceId
from support.guillotine import Guillotine, MortalBroker, MortalDatabase
from support.portal_world import World

S = InstanceState

AFTER = {
    None: (S.READY, 1),
    Command.START: (S.READY, 2),
    Command.STOP: (S.STOPPED, 1),
    Command.REBOOT: (S.READY, 2),
    Command.DELETE: (S.DELETED, None),
}


async def prepared(world: World, marie: Principal, command: Command | None) -> InstanceId:
    """An instance that waits for *command* to be carried out, or with None to be made."""
    if command is None:
        return await world.instance(marie)
    async with world.reconciling():
        instance = await world.ready(marie)
        if command is Command.START:
            await world.command(marie, instance, Command.STOP)
            await world.settled(instance, S.STOPPED)
    await world.command(marie, instance, command)
    return instance


async def work_until_killed(world: World, instance: InstanceId, guillotine: Guillotine) -> bool:
    """Whether the gateway was killed before it was done."""
    mortal = world.reconciler(
        broker=MortalBroker(world.broker, guillotine),
        database=MortalDatabase(world.database, guillotine),
        options=ReconcilerOptions(stop_seconds=0),
    )

    async def is_over() -> bool:
        return guillotine.fallen.is_set() or (await world.record(instance)).is_settled

    async with asyncio.TaskGroup() as group:
        working = group.create_task(mortal.run())
        await world.until(is_over)
        working.cancel()
    return not (await world.record(instance)).is_settled


@pytest.mark.parametrize("command", AFTER)
async def test_the_next_gateway_goes_on_wherever_the_last_one_was_killed(
    world: World, command: Command | None
) -> None:
    marie = await world.person("marie")
    state, boots = AFTER[command]
    for at in count():
        instance = await prepared(world, marie, command)
        was_killed = await work_until_killed(world, instance, Guillotine(at))
        async with world.reconciling():
            await world.settled(instance, state)
        machine = world.cloud.of(instance)
        assert (machine.boots if machine else None) == boots, f"killed at point {at}"
        assert machine is None or machine.phase is not MachinePhase.FAILED
        await world.remove(marie, instance)
        if not was_killed:
            break
    assert at > 5, "the gateway was killed too seldom to prove anything"


async def test_a_gateway_that_is_killed_again_and_again_gets_there(world: World) -> None:
    marie = await world.person("marie")
    instance = await world.instance(marie)
    for at in range(1, 30):
        await work_until_killed(world, instance, Guillotine(at))
    assert (await world.record(instance)).state is S.READY
    assert world.cloud.of(instance).boots == 1


@pytest.mark.parametrize("gateways", [2, 3])
async def test_gateways_on_the_same_database_make_one_machine(world: World, gateways: int) -> None:
    marie = await world.person("marie")
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(world.reconciler().run()) for _ in range(gateways)]
        instances = [await world.instance(marie) for _ in range(3)]
        for instance in instances:
            await world.settled(instance, S.READY)
        for command, state in (
            (Command.STOP, S.STOPPED),
            (Command.START, S.READY),
            (Command.REBOOT, S.READY),
        ):
            for instance in instances:
                await world.command(marie, instance, command)
            for instance in instances:
                await world.settled(instance, state)
        assert [world.cloud.of(instance).boots for instance in instances] == [3, 3, 3]
        for instance in instances:
            await world.command(marie, instance, Command.DELETE)
        for instance in instances:
            await world.settled(instance, S.DELETED)
        for task in working:
            task.cancel()
    assert not world.cloud.machines
