"""The table of instances.

Steps are stored by `save`, which compares the revision: of two that decided on the same row, one wins and
the other is told. What people may change at any time (name, comment) and the flag `unreachable` have
statements of their own, which never stand in the way of a step.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import JSON, ForeignKey, Index, String, Text, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from beamdesk.brokers.protocol import MachinePhase, MachineRef, MachineState
from beamdesk.gateway.portal.instances.record import (
    InstanceError,
    InstanceRecord,
    Making,
    Operation,
    ScreenChoice,
    ScreenMode,
)
from beamdesk.gateway.portal.instances.states import Desired, InstanceState, may_become
from beamdesk.gateway.storage.base import Base, UtcDateTime
from beamdesk.gateway.tickets import InstanceId, UserId

__all__ = [
    "InstanceRow",
    "add",
    "count_owned",
    "get",
    "kept",
    "kept_among",
    "live",
    "live_ids",
    "rename",
    "save",
    "set_unreachable",
    "unfinished",
]

WORD = String(32)
"""For values of our own enumerations."""


class InstanceRow(Base):
    """One instance; the fields are those of `InstanceRecord`."""

    __tablename__ = "instance"
    __table_args__ = (Index(None, "owner_id", "state"), Index(None, "broker", "state"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(36), ForeignKey("user.id"))
    plan_id: Mapped[str] = mapped_column(String(63), ForeignKey("plan.id"))
    broker: Mapped[str] = mapped_column(String(63))
    image: Mapped[str] = mapped_column(String(250))
    flavour: Mapped[str] = mapped_column(String(250))
    name: Mapped[str] = mapped_column(String(250))
    comment: Mapped[str] = mapped_column(Text)
    screen_mode: Mapped[str] = mapped_column(WORD)
    screen_width: Mapped[int]
    screen_height: Mapped[int]
    keyboard: Mapped[str] = mapped_column(String(64))
    desired: Mapped[str] = mapped_column(WORD)
    desired_since: Mapped[datetime] = mapped_column(UtcDateTime)
    generation: Mapped[int]
    settled_generation: Mapped[int]
    reboot_generation: Mapped[int | None]
    state: Mapped[str] = mapped_column(WORD)
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    operation: Mapped[str] = mapped_column(WORD)
    operation_since: Mapped[datetime] = mapped_column(UtcDateTime)
    making: Mapped[str] = mapped_column(WORD)
    machine_ref: Mapped[str | None] = mapped_column(Text)
    machine_phase: Mapped[str | None] = mapped_column(WORD)
    machine_sentence: Mapped[str] = mapped_column(Text)
    machine_memo: Mapped[dict[str, str]] = mapped_column(JSON)
    phase: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_sentence: Mapped[str | None] = mapped_column(Text)
    unreachable: Mapped[bool]
    revision: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def add(session: AsyncSession, record: InstanceRecord) -> None:
    """Keep a new instance."""
    session.add(InstanceRow(id=record.id, **_columns(record)))
    await session.flush()


async def get(
    session: AsyncSession, instance_id: InstanceId, *, locked: bool = False
) -> InstanceRecord | None:
    """The instance, also a deleted one; *locked* keeps others from changing it until the transaction ends."""
    row = await session.get(InstanceRow, instance_id, populate_existing=True, with_for_update=locked)
    return None if row is None else _record(row)


async def kept(session: AsyncSession, owner_id: UserId | None = None) -> list[InstanceRecord]:
    """Instances that are not deleted, the newest first; of one owner, or with None of everybody."""
    query = select(InstanceRow).where(InstanceRow.state != InstanceState.DELETED)
    if owner_id is not None:
        query = query.where(InstanceRow.owner_id == owner_id)
    rows = await session.scalars(query.order_by(InstanceRow.created_at.desc(), InstanceRow.id.desc()))
    return [_record(row) for row in rows]


async def kept_among(session: AsyncSession, ids: Collection[InstanceId]) -> list[InstanceRecord]:
    """Those of the instances *ids* that are not deleted, in no order."""
    query = select(InstanceRow).where(InstanceRow.id.in_(ids), InstanceRow.state != InstanceState.DELETED)
    return [_record(row) for row in await session.scalars(query)]


async def count_owned(session: AsyncSession, owner_id: UserId) -> int:
    """How many instances that are not deleted a person has."""
    query = select(func.count()).where(
        InstanceRow.owner_id == owner_id, InstanceRow.state != InstanceState.DELETED
    )
    return await session.scalar(query) or 0


async def live(session: AsyncSession, broker: str) -> list[InstanceRecord]:
    """Instances of *broker* that are not deleted."""
    query = select(InstanceRow).where(
        InstanceRow.broker == broker, InstanceRow.state != InstanceState.DELETED
    )
    return [_record(row) for row in await session.scalars(query)]


async def live_ids(session: AsyncSession, among: Collection[str]) -> set[str]:
    """Those of the ids *among* that belong to an instance that is not deleted."""
    query = select(InstanceRow.id).where(
        InstanceRow.id.in_(among), InstanceRow.state != InstanceState.DELETED
    )
    return set(await session.scalars(query))


async def unfinished(session: AsyncSession) -> list[InstanceId]:
    """Instances on which there is something to do."""
    query = select(InstanceRow.id).where(
        or_(
            InstanceRow.generation != InstanceRow.settled_generation,
            InstanceRow.operation != Operation.NONE,
            InstanceRow.state == InstanceState.DEGRADED,
        )
    )
    return [InstanceId(found) for found in await session.scalars(query)]


async def save(
    session: AsyncSession, before: InstanceRecord, after: InstanceRecord, now: datetime
) -> InstanceRecord | None:
    """Store *after* where *before* was; None when somebody else stored something in the meantime.

    Sets `state_since`, `operation_since` and `revision`. Raises ValueError for a change of state that the
    table of states does not know.
    """
    if not may_become(before.state, after.state):
        raise ValueError(f"an instance in {before.state} cannot become {after.state}")
    after = replace(
        after,
        state_since=before.state_since if after.state is before.state else now,
        operation_since=before.operation_since if after.operation is before.operation else now,
        revision=before.revision + 1,
    )
    old, new = _columns(before), _columns(after)
    changes = {name: value for name, value in new.items() if value != old[name]}
    query = (
        update(InstanceRow)
        .where(InstanceRow.id == before.id, InstanceRow.revision == before.revision)
        .values(changes)
        .execution_options(synchronize_session=False)
    )
    result = cast("CursorResult[Any]", await session.execute(query))
    return after if result.rowcount == 1 else None


async def rename(session: AsyncSession, instance_id: InstanceId, *, name: str, comment: str) -> None:
    """Store what people call an instance and say of it."""
    await session.execute(
        update(InstanceRow).where(InstanceRow.id == instance_id).values(name=name, comment=comment)
    )


async def set_unreachable(session: AsyncSession, ids: Collection[InstanceId], *, unreachable: bool) -> None:
    """Store whether the back end answers for these instances."""
    await session.execute(update(InstanceRow).where(InstanceRow.id.in_(ids)).values(unreachable=unreachable))


def _record(row: InstanceRow) -> InstanceRecord:
    machine = row.machine_phase and MachineState(
        MachinePhase(row.machine_phase),
        None if row.machine_ref is None else MachineRef(row.machine_ref),
        row.machine_sentence,
        row.machine_memo,
    )
    return InstanceRecord(
        id=InstanceId(row.id),
        owner_id=UserId(row.owner_id),
        plan_id=row.plan_id,
        broker=row.broker,
        image=row.image,
        flavour=row.flavour,
        name=row.name,
        comment=row.comment,
        screen=ScreenChoice(ScreenMode(row.screen_mode), row.screen_width, row.screen_height),
        keyboard=row.keyboard,
        desired=Desired(row.desired),
        desired_since=row.desired_since,
        generation=row.generation,
        settled_generation=row.settled_generation,
        reboot_generation=row.reboot_generation,
        state=InstanceState(row.state),
        state_since=row.state_since,
        operation=Operation(row.operation),
        operation_since=row.operation_since,
        making=Making(row.making),
        machine=machine or None,
        phase=row.phase,
        error=InstanceError(row.error_code, row.error_sentence or "") if row.error_code else None,
        unreachable=row.unreachable,
        revision=row.revision,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
    )


def _columns(record: InstanceRecord) -> dict[str, object]:
    machine, error = record.machine, record.error
    return {
        "owner_id": record.owner_id,
        "plan_id": record.plan_id,
        "broker": record.broker,
        "image": record.image,
        "flavour": record.flavour,
        "name": record.name,
        "comment": record.comment,
        "screen_mode": record.screen.mode,
        "screen_width": record.screen.width,
        "screen_height": record.screen.height,
        "keyboard": record.keyboard,
        "desired": record.desired,
        "desired_since": record.desired_since,
        "generation": record.generation,
        "settled_generation": record.settled_generation,
        "reboot_generation": record.reboot_generation,
        "state": record.state,
        "state_since": record.state_since,
        "operation": record.operation,
        "operation_since": record.operation_since,
        "making": record.making,
        "machine_ref": machine.ref if machine else None,
        "machine_phase": machine.phase if machine else None,
        "machine_sentence": machine.sentence if machine else "",
        "machine_memo": dict(machine.memo) if machine else {},
        "phase": record.phase,
        "error_code": error.code if error else None,
        "error_sentence": error.sentence if error else None,
        "unreachable": record.unreachable,
        "revision": record.revision,
        "created_at": record.created_at,
        "deleted_at": record.deleted_at,
    }
