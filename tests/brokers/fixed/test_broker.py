"""What the conformance suite does not ask: machines that come and go, kinds of machines, secrets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.fixed import FixedBroker, FixedSettings, MachineSettings
from beamdesk.brokers.protocol import MachinePhase, MachineRef
from support.broker_conformance import create, eventually, listed, op, phase_of, until
from support.fixed_ground import PASSWORD, FixedGround, LabMachine, lab

pytestmark = pytest.mark.desktop


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[list[LabMachine]]:
    with lab(tmp_path, 2) as running:
        yield running


@pytest.fixture
async def ground(tmp_path: Path, machines: list[LabMachine]) -> AsyncIterator[FixedGround]:
    ground = FixedGround(tmp_path / "pool", machines)
    yield ground
    await ground.close()


async def switch_off(machine: LabMachine) -> None:
    await asyncio.to_thread(machine.switch_off)


async def switch_on(machine: LabMachine) -> None:
    await asyncio.to_thread(machine.switch_on)


def lent(ground: FixedGround, instance_id: str) -> str:
    [lease] = ground.leases(instance_id)
    return str(lease["machine"])


async def test_a_machine_that_is_off_is_not_lent_nor_offered(
    ground: FixedGround, machines: list[LabMachine]
) -> None:
    await switch_off(machines[0])
    [offer] = await ground.broker().offers()
    assert (offer.free, offer.total) == (1, 2)
    await create(ground.broker(), "one")
    assert lent(ground, "one") == "lab-2"
    with pytest.raises(BrokerError) as caught:
        await create(ground.broker(), "two")
    assert (caught.value.reason, caught.value.try_again) == (BrokerReason.CAPACITY, True)
    assert "answers" in caught.value.sentence
    items = {item.name: item for item in await ground.broker().check()}
    assert not items["machine lab-1"].healthy
    assert items["machine lab-2"].healthy
    assert items["leases"].healthy


async def test_a_short_silence_is_no_failure(tmp_path: Path, machines: list[LabMachine]) -> None:
    ground = FixedGround(tmp_path / "pool", machines, silence_seconds=600)
    broker = ground.broker()
    await create(broker, "one")
    await switch_off(machines[0])
    await asyncio.sleep(0.3)  # longer than an answer counts
    assert await phase_of(broker, "one") is MachinePhase.RUNNING
    await switch_on(machines[0])
    assert await phase_of(broker, "one") is MachinePhase.RUNNING
    await ground.close()


async def test_a_failed_machine_that_answers_again_runs_again(
    ground: FixedGround, machines: list[LabMachine]
) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    await switch_off(machines[0])
    await until(broker, "one", MachinePhase.FAILED)
    assert (await listed(broker))["one"].sentence == "The machine lab-1 does not answer."
    with pytest.raises(BrokerError) as caught:
        await broker.endpoints(ref)
    assert caught.value.reason is BrokerReason.CONFLICT
    await switch_on(machines[0])
    await until(broker, "one", MachinePhase.RUNNING)
    assert ground.boots("one") == 1


async def test_a_create_on_a_machine_that_goes_silent_fails_and_keeps_the_lease(
    ground: FixedGround, machines: list[LabMachine]
) -> None:
    broker = ground.broker()
    await create(broker, "one")
    await switch_off(machines[0])
    await until(broker, "one", MachinePhase.FAILED)
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    assert caught.value.reason is BrokerReason.PERMANENT
    assert lent(ground, "one") == "lab-1"
    assert ground.boots("one") == 2
    assert await phase_of(broker, "one") is MachinePhase.FAILED


async def test_a_lease_outlives_its_machines_configuration(
    ground: FixedGround, machines: list[LabMachine]
) -> None:
    ref = (await create(ground.broker(), "one"))[-1].ref
    remaining = ground.settings.model_copy(update={"machines": (machines[1].settings,)})
    broker = FixedBroker("lab", "ours", remaining)
    machine = (await listed(broker))["one"]
    assert (machine.phase, machine.sentence) == (
        MachinePhase.FAILED,
        "This machine is no longer in the configuration.",
    )
    with pytest.raises(BrokerError) as caught:
        await broker.endpoints(ref)
    assert caught.value.reason is BrokerReason.CONFLICT
    await broker.delete(ref, op("delete"))
    assert await listed(broker) == {}
    await broker.close()


async def test_kinds_of_machines_are_offered_and_lent_apart(
    tmp_path: Path, machines: list[LabMachine]
) -> None:
    large = machines[1].settings.model_copy(update={"image": "windows", "flavour": "large"})
    broker = FixedBroker(
        "lab", "ours", FixedSettings(folder=tmp_path / "pool", machines=(machines[0].settings, large))
    )
    offers = {(offer.images, offer.flavours): (offer.free, offer.total) for offer in await broker.offers()}
    assert offers == {(("desktop",), ("small",)): (1, 1), (("windows",), ("large",)): (1, 1)}
    await create(broker, "one", image="windows", flavour="large")
    assert {offer.images: offer.free for offer in await broker.offers()} == {("desktop",): 1, ("windows",): 0}
    for wrong in ({"image": "windows", "flavour": "small"}, {"image": "beos"}, {"flavour": "huge"}):
        with pytest.raises(BrokerError) as caught:
            await create(broker, "two", **wrong)
        assert caught.value.reason is BrokerReason.REJECTED
    with pytest.raises(BrokerError) as caught:
        await create(broker, "../two")
    assert caught.value.reason is BrokerReason.REJECTED
    await broker.close()


async def test_a_wrong_password_is_found_before_anybody_gets_the_machine(
    tmp_path: Path, machines: list[LabMachine]
) -> None:
    [endpoint] = machines[0].settings.endpoints
    wrong = MachineSettings(
        name="lab-1",
        address="127.0.0.1",
        endpoints=({"protocol": "vnc", "port": endpoint.port, "password": "hunter22"},),
    )
    broker = FixedBroker("lab", "ours", FixedSettings(folder=tmp_path / "pool", machines=(wrong,)))
    with structlog.testing.capture_logs() as logged:
        with pytest.raises(BrokerError) as caught:
            await create(broker, "one")
        [_, item] = await broker.check()
    assert caught.value.reason is BrokerReason.CAPACITY
    assert "refuses the password" in item.sentence
    assert "hunter22" not in f"{logged} {item} {caught.value.detail} {broker.__dict__}"
    await broker.close()


async def test_secrets_are_in_endpoints_alone(ground: FixedGround) -> None:
    broker = ground.broker()
    with structlog.testing.capture_logs() as logged:
        states = await create(broker, "one")
        ref = states[-1].ref
        page = await broker.logs(ref, None)
        items = await broker.check()
    [endpoint] = await broker.endpoints(ref)
    assert (endpoint.protocol, endpoint.password) == ("rfb", PASSWORD)
    kept = (ground.settings.folder / "leases.json").read_text()
    told = f"{states} {page} {items} {logged} {endpoint!r} {ground.settings!r} {kept}"
    assert PASSWORD not in told


async def test_a_damaged_file_deletes_nothing(ground: FixedGround) -> None:
    broker = ground.broker()
    await create(broker, "one")
    path = ground.settings.folder / "leases.json"
    whole = path.read_text()
    path.write_text(whole[:50])
    for call in (broker.observe(None), broker.delete(MachineRef("one"), op("a")), create(broker, "two")):
        with pytest.raises(BrokerError) as caught:
            await call
        assert caught.value.reason is BrokerReason.PERMANENT
    [leases, *_] = await broker.check()
    assert not leases.healthy
    path.write_text(whole)
    assert await phase_of(broker, "one") is MachinePhase.RUNNING


async def test_what_was_stopped_is_not_lent_to_others_nor_looked_at(
    ground: FixedGround, machines: list[LabMachine]
) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    await broker.stop(ref, op("stop"))
    await create(broker, "two")
    assert (lent(ground, "one"), lent(ground, "two")) == ("lab-1", "lab-2")
    await switch_off(machines[0])

    async def two_fails() -> bool:
        await switch_off(machines[1])
        return await phase_of(broker, "two") is MachinePhase.FAILED

    await eventually(two_fails)
    assert await phase_of(broker, "one") is MachinePhase.STOPPED
