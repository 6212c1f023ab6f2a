"""The scripted broker conforms, and its faults strike where the script says."""

import asyncio

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import Broker, MachinePhase, MachineRef
from support.broker_conformance import (
    CAPACITY,
    BrokerConformance,
    Ground,
    create,
    listed,
    op,
    phase_of,
)
from support.scripted_broker import Call, Cloud, ScriptedBroker


class _ScriptedGround(Ground):
    def __init__(self) -> None:
        self.cloud = Cloud(capacity=CAPACITY)

    def broker(self, deployment: str = "ours") -> ScriptedBroker:
        return ScriptedBroker("scripted", deployment, self.cloud)

    async def kill(self, instance_id: str) -> None:
        self.cloud.kill(instance_id)

    def machines(self, instance_id: str) -> int:
        return int(self.cloud.of(instance_id) is not None)

    def boots(self, instance_id: str) -> int:
        machine = self.cloud.of(instance_id)
        assert machine is not None
        return machine.boots


class TestScriptedBroker(BrokerConformance):
    @pytest.fixture
    def ground(self) -> _ScriptedGround:
        return _ScriptedGround()


async def _call(broker: Broker, call: Call, ref: MachineRef) -> object:
    match call:
        case Call.OFFERS:
            return await broker.offers()
        case Call.CREATE:
            return await create(broker, "one")
        case Call.OBSERVE:
            return await broker.observe(None)
        case Call.START:
            return await broker.start(ref, op("a"))
        case Call.STOP:
            return await broker.stop(ref, op("a"))
        case Call.REBOOT:
            return await broker.reboot(ref, op("a"))
        case Call.DELETE:
            return await broker.delete(ref, op("a"))
        case Call.ENDPOINTS:
            return await broker.endpoints(ref)
        case Call.LOGS:
            return await broker.logs(ref, None)
        case _:
            raise AssertionError(call)


_REFUSABLE = [call for call in Call if call is not Call.CHECK]


@pytest.mark.parametrize("call", _REFUSABLE)
@pytest.mark.parametrize("reason", list(BrokerReason))
async def test_each_call_can_fail_for_each_reason(call: Call, reason: BrokerReason) -> None:
    broker = ScriptedBroker()
    ref = (await create(broker, "one"))[-1].ref
    broker.faults.refuse(call, reason)
    with pytest.raises(BrokerError) as caught:
        await _call(broker, call, ref)
    assert caught.value.reason is reason
    await _call(broker, call, ref)


async def test_a_failing_check_is_told_and_not_raised() -> None:
    broker = ScriptedBroker()
    broker.faults.refuse(Call.CHECK)
    assert [item.healthy for item in await broker.check()] == [False]
    assert [item.healthy for item in await broker.check()] == [True]


async def test_a_create_whose_reply_is_lost_is_adopted() -> None:
    broker = ScriptedBroker()
    broker.faults.lose_reply(Call.CREATE)
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    assert caught.value.reason is BrokerReason.TIMEOUT
    made = broker.cloud.of("one")
    assert made is not None
    assert (await create(broker, "one"))[-1].ref == made.ref


@pytest.mark.parametrize(("call", "left"), [(Call.STOP, MachinePhase.STOPPED), (Call.DELETE, None)])
async def test_a_lost_reply_does_not_undo_the_call(call: Call, left: MachinePhase | None) -> None:
    broker = ScriptedBroker()
    ref = (await create(broker, "one"))[-1].ref
    broker.faults.lose_reply(call)
    with pytest.raises(BrokerError):
        await _call(broker, call, ref)
    assert await phase_of(broker, "one") is left
    await _call(broker, call, ref)


async def test_a_create_can_fail_on_its_way_to_a_phase() -> None:
    broker = ScriptedBroker()
    broker.faults.refuse(Call.CREATE, BrokerReason.CAPACITY, at=MachinePhase.RUNNING)
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    assert caught.value.reason is BrokerReason.CAPACITY
    assert await phase_of(broker, "one") is MachinePhase.BOOTING


@pytest.mark.parametrize("call", _REFUSABLE)
async def test_each_call_can_be_slow(call: Call) -> None:
    broker = ScriptedBroker()
    ref = (await create(broker, "one"))[-1].ref
    held = broker.faults.hold(call)
    async with asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(_call(broker, call, ref))
        await held.reached.wait()
        assert not slow.done()
        held.release()


async def test_a_held_reply_comes_after_the_effect() -> None:
    broker = ScriptedBroker()
    ref = (await create(broker, "one"))[-1].ref
    held = broker.faults.hold_reply(Call.STOP)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(broker.stop(ref, op("a")))
        await held.reached.wait()
        assert await phase_of(broker, "one") is MachinePhase.STOPPED
        held.release()


async def test_a_partial_listing_says_so() -> None:
    broker = ScriptedBroker()
    for instance_id in ("one", "two"):
        await create(broker, instance_id)
    broker.faults.partial_listing(hidden=["one"])
    snapshot = await broker.observe(None)
    assert not snapshot.complete
    assert [machine.instance_id for machine in snapshot.machines] == ["two"]
    assert set(await listed(broker)) == {"one", "two"}


async def test_a_machine_can_vanish_fail_to_boot_and_turn_up() -> None:
    broker = ScriptedBroker()
    await create(broker, "gone")
    broker.cloud.vanish("gone")
    broker.cloud.doom("doomed")
    with pytest.raises(BrokerError) as caught:
        await create(broker, "doomed")
    assert caught.value.reason is BrokerReason.PERMANENT
    broker.cloud.plant("stray", broker.deployment)
    phases = {instance_id: machine.phase for instance_id, machine in (await listed(broker)).items()}
    assert phases == {"doomed": MachinePhase.FAILED, "stray": MachinePhase.RUNNING}


async def test_healing_forgets_what_has_not_struck() -> None:
    broker = ScriptedBroker()
    broker.faults.refuse(Call.CREATE, times=3)
    broker.faults.partial_listing(times=3)
    broker.faults.heal()
    await create(broker, "one")
    assert set(await listed(broker)) == {"one"}
    assert broker.called(Call.CREATE) == broker.called(Call.CREATE, "one") == 1
