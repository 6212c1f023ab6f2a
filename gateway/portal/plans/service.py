"""Plans with what their back ends can give now."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from beamdesk.brokers.errors import BrokerError
from beamdesk.brokers.protocol import Broker, Offer
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.config.settings import PlanSettings
from beamdesk.gateway.http.problems import FieldFault, Problem
from beamdesk.gateway.portal.plans import store
from beamdesk.gateway.portal.plans.lanes import Lanes
from beamdesk.gateway.portal.plans.model import Plan
from beamdesk.gateway.portal.plans.store import PlanRecord
from beamdesk.gateway.storage.database import Database

__all__ = ["PlanCatalogue"]

FRESH_SECONDS = 5.0
"""How long an answer of a back end is shown to everybody who asks; people who choose look again."""

ANSWER_SECONDS = 3.0
"""A person who chooses does not wait longer than this for a back end."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What one back end said last; `silence` is a sentence where it said nothing."""

    offers: tuple[Offer, ...]
    silence: str | None
    learnt: float


@dataclass(slots=True)
class _Source:
    broker: Broker
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    known: _Known | None = None


class PlanCatalogue:
    """The plans of the configuration, and what can be started of them now.

    *closed* names brokers on which nothing new may be started.
    """

    def __init__(
        self,
        database: Database,
        brokers: Mapping[str, Broker],
        clock: Clock,
        *,
        closed: Collection[str] = (),
        lanes: Lanes | None = None,
    ) -> None:
        self.lanes = lanes or Lanes()
        self._database = database
        self._sources = {name: _Source(broker) for name, broker in brokers.items()}
        self._clock = clock
        self._closed = frozenset(closed)

    async def configure(self, plans: Sequence[PlanSettings]) -> None:
        """Make the stored plans those of the configuration; to be called before anything is served."""
        async with self._database.transaction() as session:
            await store.configure(session, plans)

    async def all(self) -> list[Plan]:
        """The plans in the order of the configuration; a back end that does not answer is a sentence."""
        async with self._database.reading() as session:
            plans = await store.enabled(session)
        names = {plan.broker for plan in plans if plan.broker in self._sources}
        async with asyncio.TaskGroup() as group:
            asked = {name: group.create_task(self._offers(self._sources[name])) for name in names}
        return [
            self._plan(plan, asked[plan.broker].result() if plan.broker in asked else None) for plan in plans
        ]

    async def to_start(self, session: AsyncSession, plan_id: str) -> PlanRecord:
        """The plan that somebody wants an instance of; raises the problem where that cannot be.

        What the back end has free at the moment does not count: who asks now waits.
        """
        plan = await store.get(session, plan_id)
        if plan is None or not plan.enabled:
            raise Problem.invalid([FieldFault(pointer="/plan", detail="There is no such plan.")])
        if plan.broker in self._closed or plan.broker not in self._sources:
            raise Problem.conflict("plan-closed", "Nothing new can be started with this plan at present.")
        return plan

    async def _offers(self, source: _Source) -> _Known:
        async with source.asking:  # those who ask meanwhile get the same answer
            known = source.known
            if known is None or self._clock.monotonic() - known.learnt >= FRESH_SECONDS:
                known = source.known = await self._ask(source)
            return known

    async def _ask(self, source: _Source) -> _Known:
        before = source.known.offers if source.known else ()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                offers = tuple(await source.broker.offers())
        except BrokerError as error:
            log.warning(
                "back end makes no offers",
                broker=source.broker.name,
                reason=error.reason,
                detail=error.detail,
            )
            return _Known(before, error.sentence, self._clock.monotonic())
        except TimeoutError:
            log.warning("back end makes no offers", broker=source.broker.name, reason="timeout")
            return _Known(before, "The back end does not answer.", self._clock.monotonic())
        return _Known(offers, None, self._clock.monotonic())

    def _plan(self, plan: PlanRecord, known: _Known | None) -> Plan:
        offer = _matching(plan, known.offers if known else ())
        lane = self.lanes.of(plan.id)
        return Plan(
            id=plan.id,
            name=plan.name,
            description=plan.description,
            icon=plan.icon,
            image=plan.image,
            flavour=plan.flavour,
            cpus=plan.cpus,
            memory_mib=plan.memory_mib,
            broker=plan.broker,
            streams=list(lane.streams),
            withheld=sorted(lane.withheld),
            preset=plan.preset,
            available=(reason := self._hindrance(plan, known, offer)) is None,
            unavailable_reason=reason,
            free=offer.free if offer else None,
            total=offer.total if offer else None,
            as_of=_as_of(offer),
        )

    def _hindrance(self, plan: PlanRecord, known: _Known | None, offer: Offer | None) -> str | None:
        if known is None:
            return "The back end of this plan is not configured."
        if plan.broker in self._closed:
            return "Nothing new can be started with this plan at present."
        if not self.lanes.of(plan.id).streams:
            return "The desktops of this plan cannot be opened: they need guacd, which is not there."
        if known.silence is not None:
            return known.silence
        if offer is None:
            return "The back end does not have what this plan needs."
        if offer.free is not None and offer.free <= 0:
            return "Everything is taken at the moment."
        return None


def _matching(plan: PlanRecord, offers: Sequence[Offer]) -> Offer | None:
    for offer in offers:
        if plan.image in offer.images and plan.flavour in offer.flavours:
            return offer
    return None


def _as_of(offer: Offer | None) -> datetime | None:
    return None if offer is None else offer.as_of
