"""Storing steps: of two that decided on the same row, one wins."""

import asyncio
from dataclasses import replace

import pytest

from beamdesk.gateway.portal.instances import store
from beamdesk.gateway.portal.instances.record import InstanceError, InstanceRecord, Making, Operation
from beamdesk.gateway.portal.instances.states import Desired, InstanceState
from beamdesk.gateway.storage.database import Database
from support.portal_world import World
from support.records import MACHINE

S = InstanceState


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
async def record(world: World) -> InstanceRecord:
    return await world.record(await world.instance(await world.person("marie")))


async def save(world: World, before: InstanceRecord, after: InstanceRecord) -> InstanceRecord | None:
    async with world.database.transaction() as session:
        return await store.save(session, before, after, world.clock.now())


async def test_what_is_stored_comes_back_whole(world: World, record: InstanceRecord) -> None:
    world.clock.advance(7)
    after = replace(
        record,
        desired=Desired.STOPPED,
        generation=5,
        settled_generation=4,
        reboot_generation=3,
        state=S.PROVISIONING,
        operation=Operation.CREATE,
        making=Making.BEGUN,
        machine=replace(MACHINE, sentence="Füße", memo={"port": "7"}),
        phase="It comes.",
        error=InstanceError("failed", "It died."),
    )
    stored = await save(world, record, after)
    now = world.clock.now()
    assert stored == replace(after, revision=1, state_since=now, operation_since=now)
    assert await world.record(record.id) == stored


async def test_times_change_only_with_what_they_belong_to(world: World, record: InstanceRecord) -> None:
    world.clock.advance(7)
    stored = await save(world, record, replace(record, phase="It waits."))
    assert stored is not None
    assert (stored.state_since, stored.operation_since) == (record.state_since, record.operation_since)


async def test_a_step_on_an_older_revision_is_refused(world: World, record: InstanceRecord) -> None:
    stored = await save(world, record, replace(record, phase="first"))
    assert await save(world, record, replace(record, phase="second")) is None
    assert await world.record(record.id) == stored


async def test_of_many_steps_at_once_one_is_stored(world: World, record: InstanceRecord) -> None:
    results = await asyncio.gather(
        *(save(world, record, replace(record, phase=f"number {number}")) for number in range(8))
    )
    [stored] = [result for result in results if result is not None]
    assert await world.record(record.id) == stored


async def test_a_change_of_state_that_the_table_does_not_know_is_our_fault(
    world: World, record: InstanceRecord
) -> None:
    with pytest.raises(ValueError, match="an instance in REQUESTED cannot become READY"):
        await save(world, record, replace(record, state=S.READY))
    assert await world.record(record.id) == record


async def test_names_and_flags_stand_in_nobodys_way(world: World, record: InstanceRecord) -> None:
    async with world.database.transaction() as session:
        await store.rename(session, record.id, name="new", comment="said")
        await store.set_unreachable(session, [record.id], unreachable=True)
    assert await save(world, record, replace(record, phase="still stored")) is not None
    found = await world.record(record.id)
    assert (found.name, found.comment, found.unreachable, found.phase) == (
        "new",
        "said",
        True,
        "still stored",
    )
