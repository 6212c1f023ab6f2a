"""Whole conversations between the portal, the reconciler and a back end."""

import asyncio
import logging

import pytest
from prometheus_client import REGISTRY

from beamdesk.brokers.errors import BrokerReason
from beamdesk.brokers.protocol import MachinePhase
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reasons import EndReason
from support.portal_world import World
from support.scripted_broker import Call


async def test_life_of_an_instance(world: World) -> None:
    marie = await world.person("marie")
    instance = await world.instance(marie)
    async with world.reconciling():
        await world.settled(instance, InstanceState.READY)
        assert world.cloud.of(instance).phase is MachinePhase.RUNNING

        await world.command(marie, instance, Command.STOP)
        await world.settled(instance, InstanceState.STOPPED)
        assert world.cloud.of(instance).phase is MachinePhase.STOPPED
        assert (instance, EndReason.DESKTOP_STOPPED) in world.ended

        await world.command(marie, instance, Command.START)
        await world.settled(instance, InstanceState.READY)
        assert world.cloud.of(instance).boots == 2

        await world.command(marie, instance, Command.REBOOT)
        await world.settled(instance, InstanceState.READY)
        assert world.cloud.of(instance).boots == 3
        assert world.ended[-1] == (instance, EndReason.DESKTOP_ENDED)

        await world.command(marie, instance, Command.DELETE)
        await world.settled(instance, InstanceState.DELETED)
        assert world.cloud.of(instance) is None


async def test_a_stop_at_any_moment_lets_the_database_finish(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    marie = await world.person("marie")
    for turns in range(0, 60, 3):
        instance = await world.instance(marie)
        async with world.reconciling():
            for _ in range(turns):
                await asyncio.sleep(0)
        await world.remove(marie, instance)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_operations_launches_and_orphans_are_counted(world: World) -> None:
    refused = {"broker": "scripted", "operation": "create", "result": "capacity"}
    done = {**refused, "result": "done"}
    launched = {"broker": "scripted", "operation": "create"}
    name = "beamdesk_reconciler_operations_total"
    before = figure(name, **refused), figure(name, **done)
    launches = figure("beamdesk_instance_launch_seconds_count", **launched)
    world.broker.faults.refuse(Call.CREATE, BrokerReason.CAPACITY, times=2)
    world.cloud.plant("of-nobody", "site-a")
    async with world.reconciling():
        await world.ready(await world.person("marie"))
    assert (figure(name, **refused), figure(name, **done)) == (before[0] + 2, before[1] + 1)
    assert figure("beamdesk_instance_launch_seconds_count", **launched) == launches + 1
    assert figure("beamdesk_reconciler_orphans", broker="scripted") == 1
