"""Plans: what is configured, and what back ends can give of it."""

import asyncio
from datetime import UTC, datetime

import pytest

from beamdesk.brokers.errors import BrokerReason
from beamdesk.brokers.protocol import Offer
from beamdesk.gateway.config.settings import PlanSettings
from beamdesk.gateway.portal.plans.keyboards import KEYBOARDS
from beamdesk.gateway.portal.plans.lanes import Lanes
from beamdesk.gateway.portal.plans.service import FRESH_SECONDS, PlanCatalogue
from support.portal_app import Caller, Portal
from support.portal_world import BROKER
from support.scripted_broker import Call


async def plans(who: Caller) -> dict[str, dict[str, object]]:
    answer = await who.get("/plans")
    assert answer.status == 200
    return {plan["id"]: plan for plan in answer.body["items"]}


async def test_a_plan_with_what_is_free_of_it(portal: Portal, marie: Caller) -> None:
    portal.world.cloud.plant("somebody's", "site-a")
    plan = (await plans(marie))["desktop"]
    as_of = datetime.fromisoformat(str(plan.pop("as_of")))
    assert as_of.tzinfo is not None
    assert as_of <= datetime.now(UTC)
    assert plan == {
        "id": "desktop",
        "name": "Desktop",
        "description": "",
        "icon": "desktop",
        "image": "desktop",
        "flavour": "small",
        "cpus": None,
        "memory_mib": None,
        "broker": "scripted",
        "streams": ["rfb"],
        "withheld": [],
        "preset": False,
        "available": True,
        "unavailable_reason": None,
        "free": 7,
        "total": 8,
    }


async def test_a_plan_says_what_it_withholds(portal: Portal, marie: Caller) -> None:
    settings = PlanSettings(id="desktop", broker=BROKER, clipboard="to-desktop", files="from-desktop")
    portal.world.plans.lanes = Lanes([settings], guacamole=True)
    plan = (await plans(marie))["desktop"]
    assert (plan["streams"], plan["withheld"]) == (
        ["guacamole"],
        ["clipboard-from-desktop", "files-to-desktop"],
    )


async def test_a_back_end_that_does_not_answer_is_a_sentence(portal: Portal, marie: Caller) -> None:
    for reason in BrokerReason:
        portal.world.broker.faults.refuse(Call.OFFERS, reason)
        plan = (await plans(marie))["desktop"]
        assert (plan["available"], plan["unavailable_reason"]) == (
            False,
            f"The back end said no: {reason}.",
        )
        portal.world.clock.advance(FRESH_SECONDS)
    assert (await plans(marie))["desktop"]["available"]


async def test_a_back_end_that_hangs_is_a_sentence(
    portal: Portal, marie: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beamdesk.gateway.portal.plans.service.ANSWER_SECONDS", 0.05)
    portal.world.broker.faults.hold(Call.OFFERS)
    plan = (await plans(marie))["desktop"]
    assert (plan["available"], plan["unavailable_reason"]) == (False, "The back end does not answer.")


async def test_one_silent_back_end_does_not_hide_the_others(portal: Portal, marie: Caller) -> None:
    await portal.world.plans.configure(
        [PlanSettings(id="good", broker=BROKER), PlanSettings(id="lost", broker="forgotten")]
    )
    found = await plans(marie)
    assert found["good"]["available"]
    assert found["lost"]["unavailable_reason"] == "The back end of this plan is not configured."


async def test_plans_say_what_hinders_them(portal: Portal, marie: Caller) -> None:
    await portal.world.plans.configure(
        [
            PlanSettings(id="no-image", broker=BROKER, image="other"),
            PlanSettings(id="no-flavour", broker=BROKER, flavour="other"),
            PlanSettings(id="good", broker=BROKER),
        ]
    )
    lacking = "The back end does not have what this plan needs."
    found = await plans(marie)
    assert list(found) == ["no-image", "no-flavour", "good"]
    assert [plan["unavailable_reason"] for plan in found.values()] == [lacking, lacking, None]
    for number in range(8):
        portal.world.cloud.plant(f"other-{number}", "site-a")
    portal.world.clock.advance(FRESH_SECONDS)
    good = (await plans(marie))["good"]
    assert (good["available"], good["free"]) == (False, 0)
    assert good["unavailable_reason"] == "Everything is taken at the moment."


async def test_everybody_who_asks_within_seconds_gets_the_same_answer(portal: Portal, marie: Caller) -> None:
    await asyncio.gather(*(plans(marie) for _ in range(10)))
    assert portal.world.broker.called(Call.OFFERS) == 1
    portal.world.clock.advance(FRESH_SECONDS - 0.001)
    await plans(marie)
    assert portal.world.broker.called(Call.OFFERS) == 1
    portal.world.clock.advance(0.001)
    await plans(marie)
    assert portal.world.broker.called(Call.OFFERS) == 2


async def test_plans_follow_the_configuration(portal: Portal, marie: Caller) -> None:
    instance = (await marie.post("/instances", {"plan": "desktop"})).body["id"]
    await portal.world.plans.configure([PlanSettings(id="new", broker=BROKER, name="New")])
    assert list(await plans(marie)) == ["new"]
    refused = await marie.post("/instances", {"plan": "desktop"})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/plan")
    # Instances of a plan that is gone keep its name.
    shown = (await marie.get(f"/instances/{instance}")).body
    assert shown["plan"] == {"id": "desktop", "name": "Desktop", "icon": "desktop"}
    await portal.world.plans.configure([PlanSettings(id="desktop", broker=BROKER, name="Back")])
    assert [plan["name"] for plan in (await plans(marie)).values()] == ["Back"]


async def test_no_plans_at_all_is_an_empty_list(portal: Portal, marie: Caller) -> None:
    await portal.world.plans.configure([])
    assert await plans(marie) == {}


async def test_nothing_new_is_started_on_a_closed_broker(portal: Portal, marie: Caller) -> None:
    closed = PlanCatalogue(portal.world.database, portal.world.brokers, portal.world.clock, closed=[BROKER])
    portal.world.instances._plans = closed
    answer = await marie.post("/instances", {"plan": "desktop"})
    assert (answer.status, answer.code) == (409, "plan-closed")
    assert [plan.available for plan in await closed.all()] == [False]


async def test_an_unlimited_back_end_tells_no_numbers(
    portal: Portal, marie: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def offers() -> list[Offer]:
        return [Offer(("desktop",), ("small",), None, None, datetime(2030, 1, 1, tzinfo=UTC))]

    monkeypatch.setattr(portal.world.broker, "offers", offers)
    plan = (await plans(marie))["desktop"]
    assert (plan["available"], plan["free"], plan["total"]) == (True, None, None)
    assert plan["as_of"] == "2030-01-01T00:00:00Z"


async def test_keyboards_have_names(marie: Caller) -> None:
    items = (await marie.get("/keyboards")).body["items"]
    assert len(items) >= 15
    assert {item["id"]: item["name"] for item in items} == KEYBOARDS
    assert {"us", "gb", "de", "fr", "ch(fr)"} <= set(KEYBOARDS)
    assert len(set(KEYBOARDS.values())) == len(KEYBOARDS)
