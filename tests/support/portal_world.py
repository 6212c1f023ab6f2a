"""The portal on a real database with a scripted back end, and time that passes when the test says so.

world = World(database)
marie = await world.person("marie")
instance = await world.instance(marie)          # asked for, as the API does
async with world.reconciling():                 # a gateway that lives as long as the block
    await world.settled(instance)
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from beamdesk.brokers.protocol import Broker, Endpoint
from beamdesk.gateway.bus import Bus
from beamdesk.gateway.config.settings import PlanSettings
from beamdesk.gateway.http.principal import Principal, Via
from beamdesk.gateway.portal.accounts.people import People
from beamdesk.gateway.portal.instances import store
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.instances.live import ViewerSeen
from beamdesk.gateway.portal.instances.model import NewInstance
from beamdesk.gateway.portal.instances.record import InstanceRecord
from beamdesk.gateway.portal.instances.service import InstanceService
from beamdesk.gateway.portal.instances.states import InstanceState
from beamdesk.gateway.portal.plans.service import PlanCatalogue
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from beamdesk.gateway.reconciler.reconciler import Reconciler
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import InstanceId
from support.manual_clock import ManualClock
from support.scripted_broker import Cloud, ScriptedBroker

__all__ = ["BROKER", "DEPLOYMENT", "PLAN", "FakeLiveSide", "World"]

BROKER = "scripted"
DEPLOYMENT = "site-a"
PLAN = PlanSettings(id="desktop", broker=BROKER)

PATIENCE_SECONDS = 30
"""A test that waits longer has failed; none measures time with it."""


@dataclass
class FakeLiveSide:
    """What the stream plane would say."""

    seen: dict[InstanceId, list[ViewerSeen]] = field(default_factory=dict)
    pictures: dict[InstanceId, tuple[str, bytes]] = field(default_factory=dict)

    def viewers(self, instance_id: InstanceId) -> Sequence[ViewerSeen]:
        return self.seen.get(instance_id, [])

    def thumbnail_version(self, instance_id: InstanceId) -> str | None:
        return self.pictures[instance_id][0] if instance_id in self.pictures else None

    def thumbnail(self, instance_id: InstanceId) -> bytes | None:
        return self.pictures[instance_id][1] if instance_id in self.pictures else None


class World:
    """One deployment: its database and its back end outlive the gateways of the test."""

    def __init__(self, database: Database, *, per_person: int = -1, broker: str = BROKER) -> None:
        self.database = database
        self.plan = PLAN.model_copy(update={"broker": broker})
        self.clock = ManualClock()
        self.cloud = Cloud()
        self.bus = Bus()
        self.broker = ScriptedBroker(broker, DEPLOYMENT, self.cloud)
        self.brokers: dict[str, Broker] = {broker: self.broker}
        self.live = FakeLiveSide()
        self.people = People(database, self.clock)
        self.ended: list[tuple[InstanceId, EndReason]] = []
        self.silent: set[str] = set()
        """Instances whose desktops do not greet."""
        self.plans = PlanCatalogue(database, self.brokers, self.clock)
        self.instances = InstanceService(
            database,
            self.bus,
            self.clock,
            plans=self.plans,
            brokers=self.brokers,
            live=self.live,
            per_person=per_person,
        )

    async def person(self, name: str, *, is_admin: bool = False) -> Principal:
        """Somebody who signed in."""
        person = await self.people.add(name, is_admin=is_admin)
        return Principal(person.id, person.name, is_admin, f"browser:{name}", Via.COOKIE)

    async def instance(self, owner: Principal) -> InstanceId:
        """A new instance of *owner*."""
        await self.plans.configure([self.plan])
        return InstanceId((await self.instances.create(owner, NewInstance(plan=PLAN.id))).id)

    async def ready(self, owner: Principal) -> InstanceId:
        """A new instance of *owner* that is READY; a reconciler has to work."""
        instance_id = await self.instance(owner)
        await self.settled(instance_id, InstanceState.READY)
        return instance_id

    async def command(self, owner: Principal, instance_id: InstanceId, command: Command) -> None:
        await self.instances.command(owner, instance_id, command)

    async def remove(self, owner: Principal, instance_id: InstanceId) -> None:
        """Delete the instance, if that was not done yet, and wait until it is gone."""
        if (await self.record(instance_id)).state is not InstanceState.DELETED:
            await self.command(owner, instance_id, Command.DELETE)
            async with self.reconciling():
                await self.settled(instance_id, InstanceState.DELETED)

    async def record(self, instance_id: InstanceId) -> InstanceRecord:
        async with self.database.reading() as session:
            record = await store.get(session, instance_id)
        assert record is not None
        return record

    def reconciler(
        self,
        *,
        broker: Broker | None = None,
        database: Database | None = None,
        options: ReconcilerOptions | None = None,
    ) -> Reconciler:
        """A gateway's reconciler, as after a start."""
        return Reconciler(
            {self.plan.broker: broker} if broker else self.brokers,
            database or self.database,
            self.bus,
            end_viewers=lambda instance_id, reason: self.ended.append((instance_id, reason)),
            probe=self.probe,
            clock=self.clock,
            options=options,
            chance=lambda: 1.0,
        )

    async def probe(self, endpoint: Endpoint) -> bool:
        """The desktop greets, unless it is one of the silent ones."""
        path = endpoint.unix_path or ""
        return not any(
            machine.instance_id in self.silent
            for machine in self.cloud.machines.values()
            if path.endswith(machine.ref)
        )

    @asynccontextmanager
    async def reconciling(self, reconciler: Reconciler | None = None) -> AsyncIterator[Reconciler]:
        """A reconciler that works during the block and is stopped at its end."""
        reconciler = reconciler or self.reconciler()
        async with asyncio.TaskGroup() as group:
            working = group.create_task(reconciler.run())
            yield reconciler
            working.cancel()

    async def until(self, holds: Callable[[], Awaitable[bool]], *, passing: bool = True) -> None:
        """Wait until *holds*; *passing*, time goes on whenever nothing else happens."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not await holds():
            assert time.monotonic() < deadline, "waited in vain"
            # A real pause: databases answer from threads and sockets, which the loop cannot see coming.
            await asyncio.sleep(0.002)
            if passing:
                self.clock.advance_to_next()

    async def settled(
        self, instance_id: InstanceId, state: InstanceState | None = None, *, passing: bool = True
    ) -> InstanceRecord:
        """Wait until nothing is left to do for an instance, and it is in *state*."""

        async def is_so() -> bool:
            record = await self.record(instance_id)
            return record.is_settled and state in {None, record.state}

        await self.until(is_so, passing=passing)
        return await self.record(instance_id)
