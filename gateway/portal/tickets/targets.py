"""From an instance to the way into its machine."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from beamdesk.brokers.errors import BrokerError
from beamdesk.brokers.protocol import Broker, Endpoint
from beamdesk.gateway.portal.instances import store
from beamdesk.gateway.portal.instances.record import InstanceRecord
from beamdesk.gateway.portal.instances.states import Desired
from beamdesk.gateway.portal.plans.lanes import Lane, Lanes
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import InstanceId, Stream, Target

__all__ = ["Targets", "is_openable"]

ANSWER_SECONDS = 5.0
"""A browser that waits longer for its stream would have given up and come again."""

log = structlog.get_logger(__name__)


class Targets:
    """Asks the back ends where desktops are."""

    def __init__(self, database: Database, brokers: Mapping[str, Broker], lanes: Lanes | None = None) -> None:
        self.lanes = lanes or Lanes()
        self._database = database
        self._brokers = brokers

    async def of_running(self, instance_id: InstanceId, stream: Stream) -> Target | None:
        """Where the desktop of *instance_id* is; None unless it can be opened now."""
        async with self._database.reading() as session:
            record = await store.get(session, instance_id)
        return None if record is None else await self.of(record, stream)

    async def of(self, record: InstanceRecord, stream: Stream) -> Target | None:
        """Where the desktop of *record* is; None unless it can be opened now."""
        broker = self._brokers.get(record.broker)
        if broker is None or record.ref is None or not is_openable(record):
            return None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                endpoints = await broker.endpoints(record.ref)
        except (BrokerError, TimeoutError) as error:
            log.warning("back end tells no way into the machine", instance=record.id, error=str(error))
            return None
        lane = self.lanes.of(record.plan_id)
        protocol = "rfb" if stream is Stream.RFB else lane.protocol
        target = next((_as_target(found) for found in endpoints if found.protocol == protocol), None)
        return _for_guacd(target, record, lane) if target and stream is Stream.GUACAMOLE else target


def is_openable(record: InstanceRecord) -> bool:
    """Whether the desktop of *record* can be opened now."""
    return record.state.is_open and record.desired is Desired.RUNNING


def _as_target(endpoint: Endpoint) -> Target:
    return Target(
        unix_path=endpoint.unix_path,
        host=endpoint.host,
        port=endpoint.port,
        username=endpoint.username,
        password=endpoint.password,
        view_only_password=endpoint.view_only_password,
        protocol=endpoint.protocol,
    )


def _for_guacd(target: Target, record: InstanceRecord, lane: Lane) -> Target:
    return replace(
        target,
        parameters=lane.parameters,
        tokens={"INSTANCE_ID": record.id, "INSTANCE_NAME": record.name},
        width=record.screen.width,
        height=record.screen.height,
        keyboard=record.keyboard,
    )
