"""Back ends that refuse, lose replies, are slow, or do not say all."""

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import MachinePhase
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from support.portal_world import World
from support.scripted_broker import Call

S = InstanceState
AGAIN = sorted(reason for reason in BrokerReason if BrokerError(reason, "").try_again)
FINAL = sorted(set(BrokerReason) - set(AGAIN) - {BrokerReason.NOT_FOUND})

AFTER = {
    Command.START: S.READY,
    Command.STOP: S.STOPPED,
    Command.REBOOT: S.READY,
    Command.DELETE: S.DELETED,
}
CALLS = {
    Command.START: Call.START,
    Command.STOP: Call.STOP,
    Command.REBOOT: Call.REBOOT,
    Command.DELETE: Call.DELETE,
}


@pytest.fixture
async def marie(world: World) -> Principal:
    return await world.person("marie")


async def prepared(world: World, marie: Principal, command: Command) -> str:
    """An instance of which *command* can be asked."""
    instance = await world.ready(marie)
    if command is Command.START:
        await world.command(marie, instance, Command.STOP)
        await world.settled(instance, S.STOPPED)
    return instance


async def results(world: World, marie: Principal, instance: str) -> list[tuple[str, str]]:
    return [(item.what, item.result) for item in await world.instances.history(marie, instance)]


async def test_a_create_that_may_succeed_later_is_tried_again(world: World, marie: Principal) -> None:
    async with world.reconciling():
        for times, reason in enumerate(AGAIN, start=1):
            world.broker.faults.refuse(Call.CREATE, reason, times=3)
            instance = await world.instance(marie)
            await world.settled(instance, S.READY)
            assert world.broker.called(Call.CREATE) == 4 * times
            assert world.cloud.of(instance).boots == 1


async def test_whoever_waits_is_told_why(world: World, marie: Principal) -> None:
    world.broker.faults.refuse(Call.CREATE, BrokerReason.CAPACITY)
    instance = await world.instance(marie)
    async with world.reconciling():

        async def is_told() -> bool:
            return (await world.record(instance)).phase == "The back end said no: capacity."

        await world.until(is_told, passing=False)
        assert (await world.record(instance)).state is S.PROVISIONING
        assert (await world.settled(instance, S.READY)).phase is None


async def test_a_create_that_cannot_succeed_is_an_error_until_it_is_asked_for_again(
    world: World, marie: Principal
) -> None:
    async with world.reconciling():
        for reason in (*FINAL, BrokerReason.NOT_FOUND):
            world.broker.faults.refuse(Call.CREATE, reason)
            instance = await world.instance(marie)
            record = await world.settled(instance, S.ERROR)
            assert (record.error.code, record.error.sentence) == (reason, f"The back end said no: {reason}.")
            assert await results(world, marie, instance) == [("create", "failed")]
            await world.command(marie, instance, Command.START)
            assert (await world.settled(instance, S.READY)).error is None
            assert await results(world, marie, instance) == [("start", "done"), ("create", "failed")]


@pytest.mark.parametrize("command", Command)
async def test_commands_that_may_succeed_later_are_tried_again(
    world: World, marie: Principal, command: Command
) -> None:
    async with world.reconciling():
        for reason in AGAIN:
            instance = await prepared(world, marie, command)
            calls = world.broker.called(CALLS[command])
            world.broker.faults.refuse(CALLS[command], reason, times=2)
            await world.command(marie, instance, command)
            await world.settled(instance, AFTER[command])
            assert world.broker.called(CALLS[command]) == calls + 3


@pytest.mark.parametrize("command", Command)
async def test_commands_that_cannot_succeed_are_errors(
    world: World, marie: Principal, command: Command
) -> None:
    async with world.reconciling():
        for reason in FINAL:
            instance = await prepared(world, marie, command)
            world.broker.faults.refuse(CALLS[command], reason)
            await world.command(marie, instance, command)
            record = await world.settled(instance, S.ERROR)
            assert record.error.code == reason
            assert (await results(world, marie, instance))[0] == (command, "failed")
            # Whatever it was, the owner can be rid of it.
            await world.command(marie, instance, Command.DELETE)
            await world.settled(instance, S.DELETED)
            assert world.cloud.of(instance) is None


@pytest.mark.parametrize("command", [Command.START, Command.STOP, Command.REBOOT])
async def test_a_machine_that_the_back_end_does_not_know_has_vanished(
    world: World, marie: Principal, command: Command
) -> None:
    async with world.reconciling():
        instance = await prepared(world, marie, command)
        world.broker.faults.refuse(CALLS[command], BrokerReason.NOT_FOUND)
        world.cloud.vanish(instance)
        await world.command(marie, instance, command)
        assert (await world.settled(instance, S.ERROR)).error.code == "vanished"


async def test_deleting_what_is_not_there_succeeds(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        world.broker.faults.refuse(Call.DELETE, BrokerReason.NOT_FOUND)
        world.cloud.vanish(instance)
        await world.command(marie, instance, Command.DELETE)
        await world.settled(instance, S.DELETED)


async def test_a_create_whose_reply_was_lost_finds_what_it_left(world: World, marie: Principal) -> None:
    world.broker.faults.lose_reply(Call.CREATE, times=2)
    instance = await world.instance(marie)
    async with world.reconciling():
        await world.settled(instance, S.READY)
    assert len(world.cloud.machines) == 1


@pytest.mark.parametrize("command", Command)
async def test_commands_whose_reply_was_lost_are_done_once(
    world: World, marie: Principal, command: Command
) -> None:
    async with world.reconciling():
        instance = await prepared(world, marie, command)
        world.broker.faults.lose_reply(CALLS[command])
        await world.command(marie, instance, command)
        await world.settled(instance, AFTER[command])
    machine = world.cloud.of(instance)
    boots = {Command.START: 2, Command.REBOOT: 2, Command.STOP: 1}
    assert (machine.boots if machine else None) == boots.get(command)


async def test_a_call_that_hangs_is_given_up(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
    held = world.broker.faults.hold(Call.STOP)
    impatient = world.reconciler(options=ReconcilerOptions(call_seconds=0.05))
    async with world.reconciling(impatient):
        await world.command(marie, instance, Command.STOP)
        await held.reached.wait()
        await world.settled(instance, S.STOPPED)


async def test_a_failed_boot_is_an_error_whose_log_can_be_read(world: World, marie: Principal) -> None:
    instance = await world.instance(marie)
    world.cloud.doom(instance)
    async with world.reconciling():
        record = await world.settled(instance, S.ERROR)
    assert record.error.code == "permanent"
    assert "boot failed" in (await world.instances.log(marie, instance, None)).lines


async def test_a_machine_that_dies_is_an_error_whose_log_can_be_read(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        world.cloud.kill(instance)
        record = await world.settled(instance, S.ERROR)
        assert record.error.code == "failed"
        assert "died" in (await world.instances.log(marie, instance, None)).lines
        assert world.ended[-1] == (instance, EndReason.DESKTOP_ENDED)
        await world.command(marie, instance, Command.START)
        await world.settled(instance, S.READY)
    assert world.cloud.of(instance).boots == 2


async def test_a_machine_that_vanishes_is_an_error_and_can_be_had_again(
    world: World, marie: Principal
) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        world.cloud.vanish(instance)
        record = await world.settled(instance, S.ERROR)
        assert record.error.code == "vanished"
        assert (await results(world, marie, instance))[0] == ("vanished", "done")
        await world.command(marie, instance, Command.START)
        await world.settled(instance, S.READY)
    assert world.cloud.of(instance).boots == 1


async def test_a_vanished_machine_that_is_listed_again_is_adopted(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        machine = world.cloud.of(instance)
        del world.cloud.machines[machine.ref]
        await world.settled(instance, S.ERROR)
        world.cloud.machines[machine.ref] = machine
        await world.settled(instance, S.READY)
    assert world.cloud.of(instance).boots == 1


async def test_a_machine_that_is_shut_down_from_inside_is_stopped(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        world.cloud.of(instance).phase = MachinePhase.STOPPED
        await world.settled(instance, S.STOPPED)
        await world.command(marie, instance, Command.START)
        await world.settled(instance, S.READY)


async def test_a_machine_that_is_started_behind_its_owners_back_is_stopped(
    world: World, marie: Principal
) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        await world.command(marie, instance, Command.STOP)
        await world.settled(instance, S.STOPPED)
        stops = world.broker.called(Call.STOP)
        world.cloud.of(instance).phase = MachinePhase.RUNNING

        async def is_stopped() -> bool:
            return world.broker.called(Call.STOP) > stops and (await world.record(instance)).is_settled

        await world.until(is_stopped)
        assert world.cloud.of(instance).phase is MachinePhase.STOPPED


async def flagged(world: World, instance: str, *, unreachable: bool) -> None:
    async def is_so() -> bool:
        return (await world.record(instance)).unreachable is unreachable

    await world.until(is_so)


async def test_a_partial_listing_fails_nothing_and_flags_what_it_lacks(
    world: World, marie: Principal
) -> None:
    async with world.reconciling():
        hidden, listed = await world.ready(marie), await world.ready(marie)
        world.broker.faults.partial_listing(hidden=[hidden], times=3)
        await flagged(world, hidden, unreachable=True)
        assert (await world.record(hidden)).state is S.READY
        assert not (await world.record(listed)).unreachable
        await flagged(world, hidden, unreachable=False)
        assert (await world.record(hidden)).state is S.READY


async def test_a_failed_listing_fails_nothing_and_flags_everything(world: World, marie: Principal) -> None:
    async with world.reconciling() as reconciler:
        one, other = await world.ready(marie), await world.ready(marie)
        world.broker.faults.refuse(Call.OBSERVE, times=3)
        await flagged(world, one, unreachable=True)
        await flagged(world, other, unreachable=True)
        assert [(await world.record(each)).state for each in (one, other)] == [S.READY, S.READY]
        [health] = reconciler.health
        assert (health.answers, health.sentence) == (False, "The back end said no: transient.")
        await flagged(world, one, unreachable=False)

        async def answers_again() -> bool:
            return reconciler.health[0].answers

        await world.until(answers_again)


async def test_a_delete_is_not_believed_before_a_complete_listing(world: World, marie: Principal) -> None:
    async with world.reconciling():
        instance = await world.ready(marie)
        world.broker.faults.partial_listing(times=4)
        await world.command(marie, instance, Command.DELETE)

        async def listings_are_used_up() -> bool:
            if (await world.record(instance)).state is S.DELETED:
                assert not world.broker.faults._listings
            return not world.broker.faults._listings

        await world.until(listings_are_used_up)
        await world.settled(instance, S.DELETED)


async def test_orphans_are_reported_and_left_alone(world: World, marie: Principal) -> None:
    orphan = world.cloud.plant("of-nobody", "site-a")
    foreign = world.cloud.plant("of-others", "site-b")
    async with world.reconciling() as reconciler:
        await world.ready(marie)

        async def is_reported() -> bool:
            return bool(reconciler.health[0].orphans)

        await world.until(is_reported)
        assert [machine.ref for machine in reconciler.health[0].orphans] == [orphan.ref]
    assert {orphan.ref, foreign.ref} <= set(world.cloud.machines)
