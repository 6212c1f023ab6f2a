"""What every broker must do: subclass `BrokerConformance` and give it a `ground` fixture.

    class TestMyBroker(BrokerConformance):
        @pytest.fixture
        async def ground(self): ...        # yields a `Ground`

Each test makes brokers anew as a gateway that starts does: what one of them knows must be found by the next.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import (
    Broker,
    Machine,
    MachinePhase,
    MachineRef,
    MachineSpec,
    MachineState,
    OperationKey,
    Screen,
)

__all__ = [
    "CAPACITY",
    "BrokerConformance",
    "Ground",
    "create",
    "eventually",
    "listed",
    "op",
    "phase_of",
    "spec_for",
    "until",
]

CAPACITY = 3
"""Machines that a ground's back end has room for."""
STATES = 4
"""No create gives more states than this; one that gives fewer is cancelled after its last."""
PATIENCE_SECONDS = 20.0
_UNKNOWN = MachineRef("0190ffff-0000-7000-8000-000000000000")
_HOSTILE = (MachineRef("../x"), MachineRef(""), MachineRef(".run"), MachineRef("a/b"), MachineRef("a\0b"))


class Ground(ABC):
    """A back end under test, with room for `CAPACITY` machines and the means to hurt them."""

    @abstractmethod
    def broker(self, deployment: str = "ours") -> Broker:
        """A new broker over the same back end; the ground closes it."""

    @abstractmethod
    async def kill(self, instance_id: str) -> None:
        """Let the machine of this instance die by itself."""

    @abstractmethod
    def machines(self, instance_id: str) -> int:
        """How many machines the back end really has for this instance, asked behind the broker's back."""

    @abstractmethod
    def boots(self, instance_id: str) -> int:
        """How often the machine of this instance was started."""


def spec_for(instance_id: str, **changes: object) -> MachineSpec:
    fields = {
        "instance_id": instance_id,
        "name": "Füße 日本語",
        "image": "desktop",
        "flavour": "small",
        "screen": Screen(1024, 768),
        "keyboard": "us",
    }
    return MachineSpec(**{**fields, **changes})


async def create(
    broker: Broker, instance_id: str, last: MachineState | None = None, **changes: object
) -> list[MachineState]:
    states = broker.create(spec_for(instance_id, **changes), OperationKey(f"create-{instance_id}"), last)
    return [state async for state in states]


async def listed(broker: Broker, refs: Sequence[MachineRef] | None = None) -> dict[str, Machine]:
    snapshot = await broker.observe(refs)
    assert snapshot.complete
    return {machine.instance_id: machine for machine in snapshot.machines}


async def phase_of(broker: Broker, instance_id: str) -> MachinePhase | None:
    machine = (await listed(broker)).get(instance_id)
    return machine.phase if machine else None


async def until(broker: Broker, instance_id: str, phase: MachinePhase) -> None:
    async def is_there() -> bool:
        return await phase_of(broker, instance_id) is phase

    await eventually(is_there)


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """For what tells no event: ask until it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await is_so():
            await asyncio.sleep(0.02)


def op(name: str) -> OperationKey:
    return OperationKey(name)


class BrokerConformance:
    """The rules of `brokers/protocol.py`."""

    async def test_create_ends_with_a_running_machine(self, ground: Ground) -> None:
        broker = ground.broker()
        states = await create(broker, "one")
        order = [MachinePhase.PROVISIONING, MachinePhase.BOOTING, MachinePhase.RUNNING]
        ranks = [order.index(state.phase) for state in states]
        assert ranks == sorted(ranks)
        assert states[-1].phase is MachinePhase.RUNNING
        assert states[-1].ref is not None
        assert len(states) <= STATES
        assert all(state.sentence for state in states)
        machine = (await listed(broker))["one"]
        assert (machine.ref, machine.phase) == (states[-1].ref, MachinePhase.RUNNING)

    async def test_the_first_state_comes_before_there_is_a_machine(self, ground: Ground) -> None:
        states = ground.broker().create(spec_for("one"), op("a"), None)
        await anext(states)
        assert ground.machines("one") == 0
        await states.aclose()

    async def test_create_again_adopts_the_machine(self, ground: Ground) -> None:
        first = await create(ground.broker(), "one")
        again = await create(ground.broker(), "one", last=None)
        assert again[-1].ref == first[-1].ref
        assert (ground.machines("one"), ground.boots("one")) == (1, 1)

    @pytest.mark.parametrize("seen", range(STATES + 1))
    async def test_create_goes_on_from_each_state(self, ground: Ground, seen: int) -> None:
        states = ground.broker().create(spec_for("one"), op("a"), None)
        last = None
        for _ in range(seen):
            last = await anext(states, last)
        await states.aclose()
        again = await create(ground.broker(), "one", last=last)
        assert again[-1].phase is MachinePhase.RUNNING
        assert ground.machines("one") == 1
        assert len(await listed(ground.broker())) == 1

    @pytest.mark.parametrize("seen", range(STATES))
    async def test_create_can_be_cancelled_while_it_waits(self, ground: Ground, seen: int) -> None:
        reached = asyncio.Event()

        async def run() -> None:
            count = 0
            async for _ in ground.broker().create(spec_for("one"), op("a"), None):
                count += 1
                if count > seen:
                    reached.set()
            reached.set()

        task = asyncio.create_task(run())
        await reached.wait()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await create(ground.broker(), "one"))[-1].phase is MachinePhase.RUNNING
        assert (ground.machines("one"), ground.boots("one")) == (1, 1)

    async def test_two_creates_at_once_make_one_machine(self, ground: Ground) -> None:
        both = await asyncio.gather(create(ground.broker(), "one"), create(ground.broker(), "one"))
        assert both[0][-1] == both[1][-1]
        assert (ground.machines("one"), ground.boots("one")) == (1, 1)

    async def test_create_starts_a_stopped_machine(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        await broker.stop(ref, op("stop"))
        await until(broker, "one", MachinePhase.STOPPED)
        assert (await create(broker, "one"))[-1].ref == ref
        assert await phase_of(broker, "one") is MachinePhase.RUNNING

    async def test_a_machine_that_dies_is_failed_and_can_be_created_again(self, ground: Ground) -> None:
        broker = ground.broker()
        await create(broker, "one")
        await ground.kill("one")
        await until(broker, "one", MachinePhase.FAILED)
        assert (await create(broker, "one"))[-1].phase is MachinePhase.RUNNING
        assert ground.machines("one") == 1

    async def test_a_machine_that_died_can_be_started(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        await ground.kill("one")
        await until(broker, "one", MachinePhase.FAILED)
        await broker.start(ref, op("start"))
        await until(broker, "one", MachinePhase.RUNNING)

    async def test_stop_and_start_are_idempotent(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        await broker.start(ref, op("start-1"))
        assert ground.boots("one") == 1
        await broker.stop(ref, op("stop"))
        await until(broker, "one", MachinePhase.STOPPED)
        await broker.stop(ref, op("stop"))
        await broker.stop(ref, op("another stop"))
        assert await phase_of(broker, "one") is MachinePhase.STOPPED
        await broker.start(ref, op("start-2"))
        await broker.start(ref, op("start-2"))
        await until(broker, "one", MachinePhase.RUNNING)
        assert (ground.machines("one"), ground.boots("one")) == (1, 2)

    async def test_starts_at_once_start_once(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        await broker.stop(ref, op("stop"))
        await until(broker, "one", MachinePhase.STOPPED)
        await asyncio.gather(*(ground.broker().start(ref, op(f"start-{n}")) for n in range(3)))
        await until(broker, "one", MachinePhase.RUNNING)
        assert ground.boots("one") == 2

    async def test_the_same_reboot_happens_once(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        for key, boots in (("a", 2), ("a", 2), ("b", 3), ("b", 3)):
            await ground.broker().reboot(ref, op(key))
            await until(broker, "one", MachinePhase.RUNNING)
            assert ground.boots("one") == boots

    async def test_delete_is_idempotent_and_takes_everything(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        await broker.delete(ref, op("delete"))
        assert ground.machines("one") == 0
        assert await listed(broker) == {}
        await broker.delete(ref, op("delete"))
        await ground.broker().delete(ref, op("another delete"))

    async def test_deletes_at_once_succeed(self, ground: Ground) -> None:
        ref = (await create(ground.broker(), "one"))[-1].ref
        await asyncio.gather(*(ground.broker().delete(ref, op(f"delete-{n}")) for n in range(3)))
        assert ground.machines("one") == 0

    async def test_a_stopped_and_a_failed_machine_can_be_deleted(self, ground: Ground) -> None:
        broker = ground.broker()
        for instance_id in ("stopped", "failed"):
            await create(broker, instance_id)
        machines = await listed(broker)
        await broker.stop(machines["stopped"].ref, op("stop"))
        await ground.kill("failed")
        await until(broker, "failed", MachinePhase.FAILED)
        for machine in machines.values():
            await broker.delete(machine.ref, op("delete"))
        assert await listed(broker) == {}

    async def test_an_unknown_machine_is_not_found(self, ground: Ground) -> None:
        broker = ground.broker()
        await create(broker, "one")
        for ref in (_UNKNOWN, *_HOSTILE):
            await broker.delete(ref, op("delete"))
            assert await listed(broker, [ref]) == {}
            for call in (
                broker.start(ref, op("a")),
                broker.stop(ref, op("a")),
                broker.reboot(ref, op("a")),
                broker.endpoints(ref),
                broker.logs(ref, None),
            ):
                with pytest.raises(BrokerError) as caught:
                    await call
                assert caught.value.reason is BrokerReason.NOT_FOUND
        assert await phase_of(broker, "one") is MachinePhase.RUNNING

    async def test_observe_names_the_machines_asked_for(self, ground: Ground) -> None:
        broker = ground.broker()
        for instance_id in ("one", "two"):
            await create(broker, instance_id)
        everything = await listed(broker)
        assert set(everything) == {"one", "two"}
        assert set(await listed(broker, [everything["two"].ref, _UNKNOWN])) == {"two"}
        assert await listed(broker, []) == {}

    async def test_another_deployments_machines_are_left_alone(self, ground: Ground) -> None:
        theirs, ours = ground.broker("theirs"), ground.broker()
        ref = (await create(theirs, "one"))[-1].ref
        assert await listed(ours) == {}
        await ours.delete(ref, op("delete"))
        assert await phase_of(theirs, "one") is MachinePhase.RUNNING
        with pytest.raises(BrokerError) as caught:
            await ours.endpoints(ref)
        assert caught.value.reason is BrokerReason.NOT_FOUND

    async def test_only_a_running_machine_has_endpoints(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        endpoints = await broker.endpoints(ref)
        assert endpoints
        for endpoint in endpoints:
            assert (endpoint.unix_path is None) != (endpoint.host is None and endpoint.port is None)
            assert endpoint.password is None or endpoint.password not in repr(endpoint)
        await broker.stop(ref, op("stop"))
        await until(broker, "one", MachinePhase.STOPPED)
        with pytest.raises(BrokerError) as caught:
            await broker.endpoints(ref)
        assert caught.value.reason is BrokerReason.CONFLICT

    async def test_the_log_is_kept_after_the_machine_died(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        alive = await self._whole_log(broker, ref)
        assert alive
        await ground.kill("one")
        await until(broker, "one", MachinePhase.FAILED)
        dead = await self._whole_log(ground.broker(), ref)
        assert dead[: len(alive)] == alive
        assert len(dead) > len(alive)
        await broker.delete(ref, op("delete"))
        with pytest.raises(BrokerError) as caught:
            await broker.logs(ref, None)
        assert caught.value.reason is BrokerReason.NOT_FOUND

    async def test_a_cursor_that_was_not_given_is_rejected(self, ground: Ground) -> None:
        broker = ground.broker()
        ref = (await create(broker, "one"))[-1].ref
        for cursor in ("x", "-1", "1.5", "9" * 400, "²", "\0", ""):
            with pytest.raises(BrokerError) as caught:
                await broker.logs(ref, cursor)
            assert caught.value.reason is BrokerReason.REJECTED

    async def test_what_is_free_is_told_and_not_exceeded(self, ground: Ground) -> None:
        broker = ground.broker()
        outcomes = await asyncio.gather(
            *(create(ground.broker(), f"number-{n}") for n in range(CAPACITY + 1)), return_exceptions=True
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert [getattr(error, "reason", error) for error in refused] == [BrokerReason.CAPACITY]
        machines = await listed(broker)
        running = [machine for machine in machines.values() if machine.phase is MachinePhase.RUNNING]
        assert len(running) == CAPACITY
        [offer] = await broker.offers()
        assert (offer.free, offer.total) == (0, CAPACITY)
        await broker.delete(running[0].ref, op("delete"))
        [offer] = await broker.offers()
        assert offer.free == 1

    async def test_machines_run_on_when_the_broker_is_closed(self, ground: Ground) -> None:
        broker = ground.broker()
        await create(broker, "one")
        await broker.close()
        assert await phase_of(ground.broker(), "one") is MachinePhase.RUNNING

    async def test_check_says_that_the_back_end_can_be_used(self, ground: Ground) -> None:
        items = await ground.broker().check()
        assert items
        assert all(item.healthy and item.sentence for item in items)

    async def _whole_log(self, broker: Broker, ref: MachineRef) -> list[str]:
        lines: list[str] = []
        cursor = None
        while True:
            page = await broker.logs(ref, cursor)
            lines.extend(page.lines)
            cursor = page.cursor
            if not page.more:
                return lines
