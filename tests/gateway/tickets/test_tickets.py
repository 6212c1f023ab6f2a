"""Tickets: what opens a desktop, and all that does not."""

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from beamdesk.brokers.errors import BrokerReason
from beamdesk.brokers.protocol import Endpoint
from beamdesk.gateway.config.settings import PlanSettings
from beamdesk.gateway.http.principal import Principal, Via
from beamdesk.gateway.portal.accounts.store import User
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.plans.lanes import Lanes
from beamdesk.gateway.portal.tickets.model import NewTicket
from beamdesk.gateway.portal.tickets.service import Tickets
from beamdesk.gateway.portal.tickets.store import TicketRow
from beamdesk.gateway.portal.tickets.targets import Targets
from beamdesk.gateway.roles import Action, Role, may
from beamdesk.gateway.tickets import InstanceId, Stream, Target, TicketOffice, TicketRefused
from support.portal_app import TICKET_SECONDS, Caller, Portal
from support.portal_world import World
from support.scripted_broker import Call


@pytest.fixture
async def desktop(portal: Portal, marie: Caller) -> InstanceId:
    """An instance of Marie's that is READY."""
    instance = InstanceId((await marie.post("/instances", {"plan": "desktop"})).body["id"])
    async with portal.world.reconciling():
        await portal.world.settled(instance)
    return instance


def origin_of(portal: Portal) -> str:
    return f"http://127.0.0.1:{portal.client.port}"


async def issued(who: Caller, desktop: InstanceId, origin: str | None = None, **wanted: str) -> str:
    answer = await who.post(
        f"/instances/{desktop}/tickets", {"stream": "rfb", **wanted}, {"Origin": origin} if origin else None
    )
    assert answer.status == 200, answer.body
    return str(answer.body["ticket"])


async def refusal(
    office: TicketOffice, secret: str, stream: Stream = Stream.RFB, origin: str | None = None
) -> str:
    with pytest.raises(TicketRefused) as caught:
        await office.redeem(secret, stream, origin)
    return caught.value.reason


def principal(who: Caller, *, is_admin: bool = False) -> Principal:
    return Principal(who.user_id, "who", is_admin, who.sign_in, Via.TOKEN)


async def test_a_ticket_opens_the_desktop_of_its_owner(
    portal: Portal, marie: Caller, desktop: InstanceId
) -> None:
    answer = await marie.post(f"/instances/{desktop}/tickets", {"stream": "rfb"})
    secret = answer.body["ticket"]
    assert answer.body == {
        "ticket": secret,
        "url": f"/stream/rfb?ticket={secret}",
        "role": "owner",
        "permits": sorted(Action),
        "withheld": [],
        "expires_in": TICKET_SECONDS,
    }
    assert len(secret) == 43
    ticket = await portal.tickets.redeem(secret, Stream.RFB, None)
    assert (ticket.user_id, ticket.user_name) == (marie.user_id, "marie")
    assert (ticket.instance_id, ticket.role, ticket.stream) == (desktop, Role.OWNER, Stream.RFB)
    assert ticket.sign_in == marie.sign_in
    assert ticket.expires_at == portal.world.clock.now() + timedelta(seconds=TICKET_SECONDS)
    assert ticket.target == Target(
        unix_path=f"/nonexistent/{portal.world.cloud.of(desktop).ref}",
        password="full",
        view_only_password="view",
    )
    assert "full" not in repr(ticket)


async def test_a_ticket_works_once(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    secret = await issued(marie, desktop)
    await portal.tickets.redeem(secret, Stream.RFB, None)
    assert await refusal(portal.tickets, secret) == "used"


async def test_of_many_who_come_at_once_one_gets_in(
    portal: Portal, marie: Caller, desktop: InstanceId
) -> None:
    secret = await issued(marie, desktop)
    results = await asyncio.gather(
        *(portal.tickets.redeem(secret, Stream.RFB, None) for _ in range(8)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Ticket"] + ["TicketRefused"] * 7


async def test_a_ticket_works_until_it_expires(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    in_time, late = await issued(marie, desktop), await issued(marie, desktop)
    portal.world.clock.advance(TICKET_SECONDS - 0.001)
    await portal.tickets.redeem(in_time, Stream.RFB, None)
    portal.world.clock.advance(0.001)
    assert await refusal(portal.tickets, late) == "expired"


async def test_a_ticket_works_only_from_pages_of_its_origin(
    portal: Portal, marie: Caller, desktop: InstanceId
) -> None:
    ours = origin_of(portal)
    for origin in (None, "http://evil.example", "null", f"{ours}/", ours.replace("http", "https")):
        assert await refusal(portal.tickets, await issued(marie, desktop, ours), origin=origin) == "origin"
    assert await refusal(portal.tickets, await issued(marie, desktop), origin=ours) == "origin"
    await portal.tickets.redeem(await issued(marie, desktop, ours), Stream.RFB, ours)


async def test_a_ticket_that_was_tried_wrongly_is_used_up(
    portal: Portal, marie: Caller, desktop: InstanceId
) -> None:
    secret = await issued(marie, desktop)
    assert await refusal(portal.tickets, secret, origin="http://evil.example") == "origin"
    assert await refusal(portal.tickets, secret) == "used"


async def test_a_ticket_opens_its_stream_only(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    assert await refusal(portal.tickets, await issued(marie, desktop), Stream.GUACAMOLE) == "stream"
    answer = await marie.post(f"/instances/{desktop}/tickets", {"stream": "guacamole"})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/stream")
    assert (await marie.post(f"/instances/{desktop}/tickets", {"stream": "telepathy"})).status == 422


async def test_what_is_no_ticket_opens_nothing(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    secret = await issued(marie, desktop)
    for wrong in ("", "x", secret[:-1], secret + "=", secret.swapcase(), "ü" * 43, "\x00", "x" * 100_000):
        assert await refusal(portal.tickets, wrong) == "unknown"
    await portal.tickets.redeem(secret, Stream.RFB, None)


async def test_a_ticket_can_be_for_a_lesser_role(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    for role in (Role.OWNER, Role.USER, Role.GUEST):
        secret = await issued(marie, desktop, role=role)
        assert (await portal.tickets.redeem(secret, Stream.RFB, None)).role is role


@pytest.mark.parametrize("role", [Role.OWNER, Role.USER, Role.GUEST])
async def test_a_ticket_says_what_its_bearer_may_do_and_what_the_plan_withholds(
    portal: Portal, marie: Caller, desktop: InstanceId, role: Role
) -> None:
    plan = PlanSettings(id="desktop", clipboard="from-desktop", files="none")
    tickets = Tickets(
        portal.world.database,
        portal.world.clock,
        accounts=portal.accounts,
        targets=Targets(portal.world.database, portal.world.brokers, Lanes([plan])),
        seconds=TICKET_SECONDS,
    )
    told = await tickets.issue(
        principal(marie), desktop, NewTicket(stream=Stream.RFB, role=role), origin=None
    )
    assert told.withheld == [
        Action.CLIPBOARD_TO_DESKTOP,
        Action.FILES_FROM_DESKTOP,
        Action.FILES_TO_DESKTOP,
    ]
    ticket = await tickets.redeem(told.ticket, Stream.RFB, None)
    assert {action for action in Action if ticket.permits(action)} == set(told.permits)
    assert not set(told.withheld) & set(told.permits)
    assert set(told.permits) == {action for action in Action if may(role, action)} - set(told.withheld)


async def test_an_administrator_may_look_and_no_more(
    portal: Portal, root: Caller, desktop: InstanceId
) -> None:
    secret = await issued(root, desktop)
    assert (await portal.tickets.redeem(secret, Stream.RFB, None)).role is Role.GUEST
    for role in (Role.OWNER, Role.CO_OWNER, Role.USER):
        answer = await root.post(f"/instances/{desktop}/tickets", {"stream": "rfb", "role": role})
        assert (answer.status, answer.code) == (403, "role-too-great")


async def test_strangers_get_none(pierre: Caller, desktop: InstanceId) -> None:
    for role in (None, *Role):
        answer = await pierre.post(f"/instances/{desktop}/tickets", {"stream": "rfb", "role": role})
        assert answer.status == 404


async def test_a_desktop_that_is_not_ready_has_none(portal: Portal, marie: Caller) -> None:
    instance = (await marie.post("/instances", {"plan": "desktop"})).body["id"]
    answer = await marie.post(f"/instances/{instance}/tickets", {"stream": "rfb"})
    assert (answer.status, answer.code) == (409, "instance-not-ready")


async def test_a_ticket_dies_with_the_sign_in(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    secret = await issued(marie, desktop)
    await portal.accounts.revoke_token(marie.token_id, principal(marie))
    assert await refusal(portal.tickets, secret) == "signed-out"


async def test_a_ticket_dies_with_the_rights_of_its_person(
    portal: Portal, root: Caller, desktop: InstanceId
) -> None:
    secret = await issued(root, desktop)
    async with portal.world.database.transaction() as session:
        await session.execute(update(User).where(User.id == root.user_id).values(is_admin=False))
    assert await refusal(portal.tickets, secret) == "role"


async def test_a_ticket_dies_with_its_person(portal: Portal, root: Caller, desktop: InstanceId) -> None:
    secret = await issued(root, desktop)
    async with portal.world.database.transaction() as session:
        await session.execute(delete(User).where(User.id == root.user_id))
    assert await refusal(portal.tickets, secret) == "unknown"


@pytest.mark.parametrize("command", [Command.STOP, Command.DELETE])
async def test_a_ticket_is_worth_nothing_once_the_desktop_is_to_go(
    portal: Portal, marie: Caller, desktop: InstanceId, command: Command
) -> None:
    before_wish, after_wish = await issued(marie, desktop), await issued(marie, desktop)
    await portal.world.instances.command(principal(marie), desktop, command)
    assert await refusal(portal.tickets, before_wish) == "state"
    async with portal.world.reconciling():
        await portal.world.settled(desktop, passing=False)
    assert await refusal(portal.tickets, after_wish) == "state"


async def test_a_back_end_that_tells_no_way_in_opens_nothing(
    portal: Portal, marie: Caller, desktop: InstanceId
) -> None:
    for reason in BrokerReason:
        portal.world.broker.faults.refuse(Call.ENDPOINTS, reason)
        assert await refusal(portal.tickets, await issued(marie, desktop)) == "state"
    portal.world.cloud.endpoints[desktop] = [Endpoint("terminal", "ssh", host="127.0.0.1", port=22)]
    assert await refusal(portal.tickets, await issued(marie, desktop)) == "state"


async def test_a_back_end_that_hangs_opens_nothing(
    portal: Portal, marie: Caller, desktop: InstanceId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beamdesk.gateway.portal.tickets.targets.ANSWER_SECONDS", 0.05)
    portal.world.broker.faults.hold(Call.ENDPOINTS)
    assert await refusal(portal.tickets, await issued(marie, desktop)) == "state"


async def test_the_right_endpoint_is_chosen(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    portal.world.cloud.endpoints[desktop] = [
        Endpoint("terminal", "ssh", host="127.0.0.1", port=22),
        Endpoint("desktop", "rfb", host="127.0.0.1", port=5901, password="secret"),
    ]
    ticket = await portal.tickets.redeem(await issued(marie, desktop), Stream.RFB, None)
    assert ticket.target == Target(host="127.0.0.1", port=5901, password="secret")


async def count(world: World) -> int:
    async with world.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(TicketRow)) or 0


async def test_expired_tickets_are_forgotten(portal: Portal, marie: Caller, desktop: InstanceId) -> None:
    for _ in range(3):
        await issued(marie, desktop)
    assert await count(portal.world) == 3
    portal.world.clock.advance(timedelta(minutes=6).total_seconds())
    await issued(marie, desktop)
    assert await count(portal.world) == 1


async def test_the_secret_is_neither_stored_nor_logged(
    portal: Portal,
    marie: Caller,
    desktop: InstanceId,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = await issued(marie, desktop)
    await refusal(portal.tickets, secret, origin="http://evil.example")
    await refusal(portal.tickets, secret)
    async with portal.world.database.reading() as session:
        rows = (await session.execute(select(TicketRow.__table__))).all()
    assert rows
    assert secret not in str(rows)
    assert secret not in caplog.text
    assert secret not in "".join(capsys.readouterr())
