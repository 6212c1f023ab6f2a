"""From an instance to the way into its machine."""

import asyncio
from collections.abc import Mapping

import structlog

from beamdesk.brokers.errors import BrokerError
from beamdesk.brokers.protocol import Broker, Endpoint
from beamdesk.gateway.portal.instances import store
from beamdesk.gateway.portal.instances.record import InstanceRecord
from beamdesk.gateway.portal.instances.states import Desired
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import InstanceId, Stream, Target

__all__ = ["Targets", "is_openable"]

_PROTOCOLS = {Stream.RFB: "rfb"}
"""The protocol of the desktop behind each stream."""

ANSWER_SECONDS = 5.0
"""A browser that waits longer for its stream would have given up and come again."""

log = structlog.get_logger(__name__)


class Targets:
    """Asks the back ends where desktops are."""

    def __init__(self, database: Database, brokers: Mapping[str, Broker]) -> None:
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
        protocol = _PROTOCOLS.get(stream)
        return next((_as_target(found) for found in endpoints if found.protocol == protocol), None)


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
    )
