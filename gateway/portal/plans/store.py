"""The table of plans: what the configuration says, and what it said once and instances still name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import String, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from beamdesk.gateway.config.settings import PlanSettings
from beamdesk.gateway.storage.base import Base

__all__ = ["PlanRecord", "PlanRow", "configure", "enabled", "get", "named"]


class PlanRow(Base):
    """One plan; the fields are those of `PlanRecord`."""

    __tablename__ = "plan"

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    position: Mapped[int]
    """Plans are shown in the order of the configuration."""
    enabled: Mapped[bool]
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(Text)
    icon: Mapped[str] = mapped_column(String(63))
    broker: Mapped[str] = mapped_column(String(63))
    image: Mapped[str] = mapped_column(String(250))
    flavour: Mapped[str] = mapped_column(String(250))
    cpus: Mapped[int | None]
    memory_mib: Mapped[int | None]
    preset: Mapped[bool]


_STORED = {
    *("name", "description", "icon", "broker", "image", "flavour", "cpus", "memory_mib", "preset"),
}
"""How its machines are reached is no part of what instances remember of their plan."""


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One plan as stored; a plan that is not `enabled` starts nothing new."""

    id: str
    enabled: bool
    name: str
    description: str
    icon: str
    broker: str
    image: str
    flavour: str
    cpus: int | None
    memory_mib: int | None
    preset: bool


async def configure(session: AsyncSession, plans: Sequence[PlanSettings]) -> None:
    """Make the table say what the configuration says; plans that are gone from it are disabled."""
    await session.execute(
        update(PlanRow).where(PlanRow.id.not_in([plan.id for plan in plans])).values(enabled=False)
    )
    for position, plan in enumerate(plans):
        values = plan.model_dump(include=_STORED)
        await session.merge(PlanRow(id=plan.id, position=position, enabled=True, **values))


async def enabled(session: AsyncSession) -> list[PlanRecord]:
    """The plans that people can choose, in the order of the configuration."""
    query = select(PlanRow).where(PlanRow.enabled).order_by(PlanRow.position)
    return [_record(row) for row in await session.scalars(query)]


async def get(session: AsyncSession, plan_id: str) -> PlanRecord | None:
    """One plan, also a disabled one."""
    row = await session.get(PlanRow, plan_id)
    return None if row is None else _record(row)


async def named(session: AsyncSession, ids: Collection[str]) -> dict[str, PlanRecord]:
    """The plans with these ids, also disabled ones, by id."""
    rows = await session.scalars(select(PlanRow).where(PlanRow.id.in_(set(ids))))
    return {row.id: _record(row) for row in rows}


def _record(row: PlanRow) -> PlanRecord:
    return PlanRecord(
        id=row.id,
        enabled=row.enabled,
        name=row.name,
        description=row.description,
        icon=row.icon,
        broker=row.broker,
        image=row.image,
        flavour=row.flavour,
        cpus=row.cpus,
        memory_mib=row.memory_mib,
        preset=row.preset,
    )
