"""Newer intents win over what is on its way."""

import pytest

from beamdesk.brokers.protocol import MachinePhase
from beamdesk.gateway.bus import DesktopDoubted
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from support.portal_world import World
from support.scripted_broker import Call

S, P = InstanceState, MachinePhase


@pytest.fixture
async def marie(world: World) -> Principal:
    return await world.person("marie")


async def test_delete_before_anything_was_asked_of_the_back_end(world: World, marie: Principal) -> None:
    instance = await world.instance(marie)
    await world.command(marie, instance, Command.DELETE)
    async with world.reconciling():
        await world.settled(instance, S.DELETED)
    assert world.broker.called(Call.CREATE) == 0


@pytest.mark.parametrize("phase", [None, P.PROVISIONING, P.BOOTING, P.RUNNING])
async def test_delete_during_create_cuts_it_short(
    world: World, marie: Principal, phase: MachinePhase | None
) -> None:
    held = world.broker.faults.hold(Call.CREATE, at=phase)
    instance = await world.instance(marie)
    async with world.reconciling():
        await held.reached.wait()
        await world.command(marie, instance, Command.DELETE)
        await world.settled(instance, S.DELETED)
    assert world.cloud.of(instance) is None
    assert world.broker.called(Call.CREATE) == 1


async def test_delete_during_a_create_whose_machine_is_not_known_yet(world: World, marie: Principal) -> None:
    held = world.broker.faults.hold_reply(Call.CREATE)
    instance = await world.instance(marie)
    async with world.reconciling():
        await held.reached.wait()
        assert world.cloud.of(instance) is not None
        await world.command(marie, instance, Command.DELETE)
        await world.settled(instance, S.DELETED)
    assert world.cloud.of(instance) is None


@pytest.mark.parametrize("phase", [None, P.PROVISIONING, P.BOOTING, P.RUNNING])
async def test_stop_during_create_and_start_again(
    world: World, marie: Principal, phase: MachinePhase | None
) -> None:
    held = world.broker.faults.hold(Call.CREATE, at=phase)
    instance = await world.instance(marie)
    async with world.reconciling():
        await held.reached.wait()
        await world.command(marie, instance, Command.STOP)
        await world.settled(instance, S.STOPPED)
        machine = world.cloud.of(instance)
        assert machine is None or machine.phase is P.STOPPED
        await world.command(marie, instance, Command.START)
        await world.settled(instance, S.READY)
    assert world.cloud.of(instance).phase is P.RUNNING


async def test_stop_during_a_create_whose_machine_is_not_known_yet(world: World, marie: Principal) -> None:
    held = world.broker.faults.hold_reply(Call.CREATE)
    instance = await world.instance(marie)
    async with world.reconciling():
        await held.reached.wait()
        await world.command(marie, instance, Command.STOP)
        await world.settled(instance, S.STOPPED)
    assert world.cloud.of(instance).phase is P.STOPPED


@pytest.mark.parametrize("hold", ["hold", "hold_reply"])
async def test_start_during_stop(world: World, marie: Principal, hold: str) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        held = getattr(world.broker.faults, hold)(Call.STOP)
        await world.command(marie, instance, Command.STOP)
        await held.reached.wait()
        await world.command(marie, instance, Command.START)
        await world.settled(instance, S.READY)
    assert world.cloud.of(instance).phase is P.RUNNING
    what = [(item.what, item.result) for item in await world.instances.history(marie, instance)]
    assert what == [("start", "done"), ("stop", "overtaken"), ("create", "done")]


async def test_stop_and_start_before_anybody_looked(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
    await world.command(marie, instance, Command.STOP)
    await world.command(marie, instance, Command.START)
    async with world.reconciling():
        await world.settled(instance, S.READY)
    assert world.broker.called(Call.STOP) == 0
    [newest, *_] = await world.instances.history(marie, instance)
    assert (newest.what, newest.result) == ("start", "done")


async def test_two_restarts_are_two(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        for boots in (2, 3):
            await world.command(marie, instance, Command.REBOOT)
            await world.settled(instance, S.READY)
            assert world.cloud.of(instance).boots == boots


async def test_viewers_are_ended_before_the_machine_stops(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        held = world.broker.faults.hold(Call.STOP)
        await world.command(marie, instance, Command.STOP)
        await held.reached.wait()
        assert world.ended[-1] == (instance, EndReason.DESKTOP_STOPPED)
        held.release()
        await world.settled(instance, S.STOPPED)


async def test_a_started_machine_is_ready_only_when_its_desktop_answers(
    world: World, marie: Principal
) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        await world.command(marie, instance, Command.STOP)
        await world.settled(instance, S.STOPPED)
        world.silent.add(instance)
        await world.command(marie, instance, Command.START)

        async def was_asked_twice() -> bool:
            return world.broker.called(Call.ENDPOINTS) >= 2

        await world.until(was_asked_twice)
        assert (await world.record(instance)).state is S.BOOTING
        world.silent.discard(instance)
        await world.settled(instance, S.READY)


async def test_a_started_machine_whose_desktop_never_answers_is_an_error(
    world: World, marie: Principal
) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        world.silent.add(instance)
        await world.command(marie, instance, Command.REBOOT)
        record = await world.settled(instance, S.ERROR)
    assert record.error.code == "timeout"


async def test_a_doubted_desktop_is_degraded_until_it_answers(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        world.silent.add(instance)
        world.bus.publish(DesktopDoubted(instance))
        record = await world.settled(instance, S.DEGRADED)
        assert record.phase == "The desktop does not answer."
        world.silent.discard(instance)
        assert (await world.settled(instance, S.READY)).phase is None
    assert world.ended == []


async def test_a_doubt_without_reason_changes_nothing(world: World, marie: Principal) -> None:
    async with world.reconciling() as reconciler:
        instance = await world.ready(marie)
        before = await world.record(instance)
        asked = world.broker.called(Call.ENDPOINTS)
        world.bus.publish(DesktopDoubted(instance))

        async def was_asked() -> bool:
            return world.broker.called(Call.ENDPOINTS) > asked and reconciler.is_idle

        await world.until(was_asked)
        assert await world.record(instance) == before


async def test_no_more_operations_than_allowed_run_on_one_back_end(world: World, marie: Principal) -> None:
    holds = [world.broker.faults.hold(Call.CREATE) for _ in range(2)]
    instances = [await world.instance(marie) for _ in range(4)]
    async with world.reconciling(world.reconciler(options=ReconcilerOptions(calls_per_broker=2))):
        for held in holds:
            await held.reached.wait()

        async def all_are_asked_for() -> bool:
            records = [await world.record(instance) for instance in instances]
            return all(record.state is S.PROVISIONING for record in records)

        await world.until(all_are_asked_for, passing=False)
        assert world.broker.called(Call.CREATE) == 2
        for held in holds:
            held.release()
        for instance in instances:
            await world.settled(instance, S.READY)


async def test_a_silent_back_end_is_spared(world: World, marie: Principal) -> None:
    options = ReconcilerOptions(circuit_failures=3, circuit_first_seconds=1000, observe_seconds=10_000)
    instances = [await world.instance(marie) for _ in range(6)]
    async with world.reconciling(world.reconciler(options=options)) as reconciler:
        world.broker.faults.refuse(Call.CREATE, times=3)

        async def all_wait() -> bool:
            records = [await world.record(instance) for instance in instances]
            return reconciler.is_idle and all(record.phase for record in records if not record.is_settled)

        await world.until(all_wait, passing=False)
        world.broker.faults.heal()
        for instance in instances:
            await world.settled(instance, S.READY)


async def test_an_instance_of_a_back_end_that_is_not_configured_waits(world: World, marie: Principal) -> None:
    instance = await world.instance(marie)
    broker = world.brokers.pop(world.plan.broker)
    async with world.reconciling():

        async def says_so() -> bool:
            return "not configured" in ((await world.record(instance)).phase or "")

        await world.until(says_so)
    world.brokers[world.plan.broker] = broker
    async with world.reconciling():
        await world.settled(instance, S.READY)
