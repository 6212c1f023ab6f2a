"""The rules of instances: whose they are, how many one may have, what may be asked of them.

Requests store what is desired and return; the reconciler hears of it from the bus and makes it so.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.protocol import Broker, LogPage
from beamdesk.gateway.bus import Bus, InstanceChanged, IntentChanged
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.http.problems import FieldFault, Problem
from beamdesk.gateway.portal.accounts.store import User
from beamdesk.gateway.portal.instances import history, idempotency, store
from beamdesk.gateway.portal.instances.access import role_in_portal
from beamdesk.gateway.portal.instances.intents import Command, intend
from beamdesk.gateway.portal.instances.live import LiveSide
from beamdesk.gateway.portal.instances.model import HistoryItem, Instance, InstanceChanges, NewInstance
from beamdesk.gateway.portal.instances.names import friendly_name
from beamdesk.gateway.portal.instances.record import (
    InstanceRecord,
    Making,
    Operation,
    ScreenChoice,
)
from beamdesk.gateway.portal.instances.showing import names_of, show
from beamdesk.gateway.portal.instances.states import Desired, InstanceState
from beamdesk.gateway.portal.plans.service import PlanCatalogue
from beamdesk.gateway.portal.plans.store import PlanRecord
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.ids import new_id
from beamdesk.gateway.tickets import InstanceId

__all__ = ["UNLIMITED", "InstanceService"]

UNLIMITED = -1

HISTORY_LENGTH = 500
"""Newest entries that are shown; nobody reads further, and an instance may live for years."""

ANSWER_SECONDS = 5.0
"""Whoever reads a log does not wait longer than this for a back end."""

_NO_LOG = LogPage((), "", more=False)

log = structlog.get_logger(__name__)


class InstanceService:
    """What people can do with instances. Instances that one may not see are not there: 404, never 403."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        *,
        plans: PlanCatalogue,
        brokers: Mapping[str, Broker],
        live: LiveSide,
        per_person: int,
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._plans = plans
        self._brokers = brokers
        self._live = live
        self._per_person = per_person

    async def create(self, asking: Principal, wanted: NewInstance, key: str | None = None) -> Instance:
        """Ask for an instance. The same *key* with the same wish gives the same answer and nothing new."""
        now = self._clock.now()
        request_hash = sha256(wanted.model_dump_json().encode()).hexdigest()
        async with self._database.transaction() as session:
            # One after the other for each person: two requests at once must not both find room, nor both
            # find that their key is new.
            await session.execute(select(User.id).where(User.id == asking.user_id).with_for_update())
            if key is not None and (earlier := await idempotency.recall(session, asking.user_id, key, now)):
                return _same_answer(earlier, request_hash)
            await self._check_room(session, asking)
            plan = await self._plans.to_start(session, wanted.plan)
            record = _requested(asking, wanted, plan, now)
            await store.add(session, record)
            await history.note(
                session,
                record.id,
                at=now,
                who=asking.user_id,
                what="create",
                result=history.Result.PENDING,
                generation=record.generation,
            )
            [shown] = await show(session, [record], asking, self._live, self._plans.lanes)
            if key is not None:
                answer = shown.model_dump_json()
                await idempotency.keep(
                    session, asking.user_id, key, request_hash=request_hash, answer=answer, now=now
                )
        log.info("instance asked for", instance=record.id, plan=plan.id, user=asking.name)
        self._tell_intent(record)
        return shown

    async def all(self, asking: Principal, *, everybody: bool = False) -> list[Instance]:
        """The person's instances, the newest first; those of *everybody* for administrators."""
        if everybody and not asking.is_admin:
            raise Problem.forbidden("not-an-admin", "Only administrators see everybody's instances.")
        async with self._database.reading() as session:
            records = await store.kept(session, None if everybody else asking.user_id)
            return await show(session, records, asking, self._live, self._plans.lanes)

    async def one(self, asking: Principal, instance_id: InstanceId) -> Instance:
        async with self._database.reading() as session:
            record = await self._visible(session, asking, instance_id)
            [shown] = await show(session, [record], asking, self._live, self._plans.lanes)
            return shown

    async def visible(self, asking: Principal, ids: Collection[InstanceId]) -> list[Instance]:
        """Those of the instances *ids* that are there and that the person may see, in no order."""
        async with self._database.reading() as session:
            records = await store.kept_among(session, ids)
            return await show(session, records, asking, self._live, self._plans.lanes)

    async def edit(self, asking: Principal, instance_id: InstanceId, changes: InstanceChanges) -> Instance:
        """Change what an instance is called and what is said of it."""
        async with self._database.transaction() as session:
            record = await self._visible(session, asking, instance_id, locked=True)
            after = replace(
                record,
                name=record.name if changes.name is None else changes.name,
                comment=record.comment if changes.comment is None else changes.comment,
            )
            if after != record:
                await store.rename(session, record.id, name=after.name, comment=after.comment)
                await history.note(
                    session,
                    record.id,
                    at=self._clock.now(),
                    who=asking.user_id,
                    what="edit",
                    result=history.Result.DONE,
                )
            [shown] = await show(session, [after], asking, self._live, self._plans.lanes)
        self._bus.publish(InstanceChanged(record.id, record.owner_id))
        return shown

    async def command(self, asking: Principal, instance_id: InstanceId, command: Command) -> Instance:
        """Want something else of an instance; wanting what is wanted already changes nothing."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            record = await self._visible(session, asking, instance_id, locked=True)
            if (after := intend(record, command, now)) is not None:
                stored = await store.save(session, record, after, now)
                if stored is None:
                    raise AssertionError("a locked row was changed by somebody else")
                record = stored
                await history.note(
                    session,
                    record.id,
                    at=now,
                    who=asking.user_id,
                    what=command,
                    result=history.Result.PENDING,
                    generation=record.generation,
                )
            [shown] = await show(session, [record], asking, self._live, self._plans.lanes)
        log.info("instance commanded", instance=instance_id, command=command, user=asking.name)
        self._tell_intent(record)
        return shown

    async def history(self, asking: Principal, instance_id: InstanceId) -> list[HistoryItem]:
        """The newest commands and events of an instance; also of a deleted one."""
        async with self._database.reading() as session:
            await self._visible(session, asking, instance_id, also_deleted=True)
            entries = await history.of(session, instance_id, at_most=HISTORY_LENGTH)
            names = await names_of(session, {entry.who for entry in entries if entry.who})
        return [
            HistoryItem(
                at=entry.at,
                who=names.get(entry.who) if entry.who else None,
                what=entry.what,
                result=entry.result,
                sentence=entry.sentence,
            )
            for entry in entries
        ]

    async def log(self, asking: Principal, instance_id: InstanceId, cursor: str | None) -> LogPage:
        """The machine's own log; empty where there is no machine (any more)."""
        async with self._database.reading() as session:
            record = await self._visible(session, asking, instance_id)
        broker = self._brokers.get(record.broker)
        if record.ref is None or broker is None:
            return _NO_LOG
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await broker.logs(record.ref, cursor)
        except TimeoutError as error:
            raise Problem(503, "back-end-silent", "The back end does not answer.") from error
        except BrokerError as error:
            if error.reason is BrokerReason.NOT_FOUND:
                return _NO_LOG
            if error.reason is BrokerReason.REJECTED:
                raise Problem.invalid([FieldFault(pointer="cursor", detail=error.sentence)]) from error
            raise Problem(503, "back-end-silent", error.sentence) from error

    async def thumbnail(self, asking: Principal, instance_id: InstanceId) -> tuple[str, bytes]:
        """Version and content (WebP) of the desktop's picture."""
        async with self._database.reading() as session:
            await self._visible(session, asking, instance_id)
        version, picture = self._live.thumbnail_version(instance_id), self._live.thumbnail(instance_id)
        if version is None or picture is None:
            raise Problem.not_found("There is no picture of this desktop.")
        return version, picture

    async def _visible(
        self,
        session: AsyncSession,
        asking: Principal,
        instance_id: InstanceId,
        *,
        locked: bool = False,
        also_deleted: bool = False,
    ) -> InstanceRecord:
        record = await store.get(session, instance_id, locked=locked)
        if (
            record is None
            or role_in_portal(asking, record) is None
            or (record.state is InstanceState.DELETED and not also_deleted)
        ):
            raise Problem.not_found("There is no such instance.")
        return record

    async def _check_room(self, session: AsyncSession, asking: Principal) -> None:
        if self._per_person == UNLIMITED:
            return
        owned = await store.count_owned(session, asking.user_id)
        if owned >= self._per_person:
            raise Problem.conflict(
                "instance-limit",
                f"You have {owned} of at most {self._per_person} instances. Delete one to start another.",
            )

    def _tell_intent(self, record: InstanceRecord) -> None:
        self._bus.publish(IntentChanged(record.id))
        self._bus.publish(InstanceChanged(record.id, record.owner_id))


def _requested(asking: Principal, wanted: NewInstance, plan: PlanRecord, now: datetime) -> InstanceRecord:
    return InstanceRecord(
        id=InstanceId(new_id()),
        owner_id=asking.user_id,
        plan_id=plan.id,
        broker=plan.broker,
        image=plan.image,
        flavour=plan.flavour,
        name=wanted.name or friendly_name(),
        comment=wanted.comment,
        screen=ScreenChoice(wanted.screen.mode, wanted.screen.width, wanted.screen.height),
        keyboard=wanted.keyboard,
        desired=Desired.RUNNING,
        desired_since=now,
        generation=1,
        settled_generation=0,
        reboot_generation=None,
        state=InstanceState.REQUESTED,
        state_since=now,
        operation=Operation.NONE,
        operation_since=now,
        making=Making.NOT_BEGUN,
        machine=None,
        phase=None,
        error=None,
        unreachable=False,
        revision=0,
        created_at=now,
        deleted_at=None,
    )


def _same_answer(earlier: tuple[str, str], request_hash: str) -> Instance:
    earlier_hash, answer = earlier
    if earlier_hash != request_hash:
        raise Problem(
            422, "idempotency-key-reused", "This Idempotency-Key came with a different request before."
        )
    return Instance.model_validate_json(answer)
