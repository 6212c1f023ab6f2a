"""From what is stored to what one person may see."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from beamdesk.gateway.http.contract import API_PREFIX
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.portal.accounts.store import User
from beamdesk.gateway.portal.instances.access import role_in_portal
from beamdesk.gateway.portal.instances.live import LiveSide
from beamdesk.gateway.portal.instances.model import (
    Instance,
    InstanceFault,
    Person,
    PlanSummary,
    Screen,
    Viewer,
)
from beamdesk.gateway.portal.instances.record import InstanceRecord
from beamdesk.gateway.portal.plans import store as plans
from beamdesk.gateway.portal.plans.lanes import Lanes
from beamdesk.gateway.portal.plans.store import PlanRecord

__all__ = ["names_of", "show"]


async def show(
    session: AsyncSession,
    records: Sequence[InstanceRecord],
    asking: Principal,
    live: LiveSide,
    lanes: Lanes,
) -> list[Instance]:
    """Those of *records* that *asking* may see, as they may see them."""
    owners = await names_of(session, {record.owner_id for record in records})
    chosen = await plans.named(session, {record.plan_id for record in records})
    return [
        _shown(record, asking, owners[record.owner_id], chosen[record.plan_id], live, lanes=lanes)
        for record in records
        if role_in_portal(asking, record) is not None
    ]


async def names_of(session: AsyncSession, ids: set[str]) -> dict[str, str]:
    """Names by id of the people with these ids."""
    found = await session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {row.id: row.display_name for row in found}


def _shown(
    record: InstanceRecord,
    asking: Principal,
    owner_name: str,
    plan: PlanRecord,
    live: LiveSide,
    *,
    lanes: Lanes,
) -> Instance:
    role = role_in_portal(asking, record)
    if role is None:
        raise AssertionError("an instance is shown to nobody but its owner and administrators")
    version = live.thumbnail_version(record.id)
    return Instance(
        id=record.id,
        name=record.name,
        comment=record.comment,
        plan=PlanSummary(id=plan.id, name=plan.name, icon=plan.icon),
        owner=Person(id=record.owner_id, name=owner_name),
        role=role,
        state=record.state,
        desired=record.desired,
        phase=record.phase,
        error=InstanceFault(code=record.error.code, sentence=record.error.sentence) if record.error else None,
        unreachable=record.unreachable,
        screen=Screen(mode=record.screen.mode, width=record.screen.width, height=record.screen.height),
        keyboard=record.keyboard,
        streams=list(lanes.of(plan.id).streams),
        created_at=record.created_at,
        state_since=record.state_since,
        thumbnail=version and f"{API_PREFIX}/instances/{record.id}/thumbnail?v={version}",
        viewers=[
            Viewer(id=viewer.id, name=viewer.name, role=viewer.role, since=viewer.since)
            for viewer in live.viewers(record.id)
        ],
    )
