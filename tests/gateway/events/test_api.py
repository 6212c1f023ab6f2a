"""The events socket, as a browser tab sees it."""

import asyncio
import socket
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from beamdesk.gateway.bus import MessagesLost, NoticeGiven, PresenceChanged
from beamdesk.gateway.http.principal import Principal, Via
from beamdesk.gateway.portal.events.service import MOST_TABS
from beamdesk.gateway.portal.instances.live import ViewerSeen
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import InstanceId
from support.portal_app import Caller, Portal

PATIENCE_SECONDS = 20


async def told(tab: ClientWebSocketResponse) -> dict[str, Any]:
    """The next message."""
    message = await tab.receive(timeout=PATIENCE_SECONDS)
    assert message.type is WSMsgType.TEXT, message
    found: dict[str, Any] = message.json()
    return found


async def closed(tab: ClientWebSocketResponse) -> tuple[int, str]:
    """How the gateway ends the socket."""
    while True:
        message = await tab.receive(timeout=PATIENCE_SECONDS)
        if message.type is WSMsgType.CLOSE:
            return message.data, message.extra
        assert message.type is WSMsgType.TEXT, message


async def made(who: Caller) -> str:
    return str((await who.post("/instances", {"plan": "desktop"})).body["id"])


async def test_a_tab_is_greeted_with_what_there_is(marie: Caller, pierre: Caller) -> None:
    instance = await made(marie)
    await made(pierre)
    async with marie.events() as tab:
        assert await told(tab) == {
            "type": "hello",
            "instances": [(await marie.get(f"/instances/{instance}")).body],
            "server_time": "2030-01-02T03:04:05Z",
        }


async def test_a_tab_follows_an_instance_from_request_to_deletion(portal: Portal, marie: Caller) -> None:
    async with marie.events() as tab, portal.world.reconciling():
        await told(tab)
        instance = await made(marie)
        states = []
        while not states or states[-1] != "READY":
            message = await told(tab)
            assert (message["type"], message["instance"]["id"]) == ("instance", instance)
            states.append(message["instance"]["state"])
        # Some may have been overtaken by the next.
        order = ["REQUESTED", "PROVISIONING", "BOOTING", "READY"]
        assert sorted(states, key=order.index) == states
        await marie.call("DELETE", f"/instances/{instance}")
        while (message := await told(tab))["type"] != "instance_gone":
            assert message["instance"]["id"] == instance
        assert message == {"type": "instance_gone", "id": instance}


async def test_a_tab_hears_nothing_of_others(portal: Portal, marie: Caller, pierre: Caller) -> None:
    async with marie.events() as tab, portal.world.reconciling():
        await told(tab)
        foreign = await made(pierre)
        await portal.world.settled(InstanceId(foreign))
        portal.world.bus.publish(PresenceChanged(InstanceId(foreign)))
        portal.world.bus.publish(NoticeGiven("info", "For Pierre.", pierre.user_id))
        portal.world.bus.publish(NoticeGiven("warning", "For all."))
        assert await told(tab) == {"type": "notice", "level": "warning", "sentence": "For all."}


async def test_an_administrators_tab_hears_of_everybodys(portal: Portal, marie: Caller, root: Caller) -> None:
    before = await made(marie)
    async with root.events() as tab:
        hello = await told(tab)
        assert [(each["id"], each["role"]) for each in hello["instances"]] == [(before, "admin")]
        after = await made(marie)
        assert (await told(tab))["instance"]["id"] == after


async def test_all_tabs_of_a_person_hear_the_same(marie: Caller) -> None:
    async with marie.events() as one, marie.events() as other:
        await told(one)
        await told(other)
        await made(marie)
        assert await told(one) == await told(other)


async def test_who_comes_and_leaves_is_told(portal: Portal, marie: Caller) -> None:
    instance = InstanceId(await made(marie))
    async with marie.events() as tab:
        assert (await told(tab))["instances"][0]["viewers"] == []
        viewer = ViewerSeen("v1", "Pierre", Role.GUEST, portal.world.clock.now())
        portal.world.live.seen[instance] = [viewer]
        portal.world.bus.publish(PresenceChanged(instance))
        assert [each["name"] for each in (await told(tab))["instance"]["viewers"]] == ["Pierre"]


async def test_renaming_is_told(marie: Caller) -> None:
    instance = await made(marie)
    async with marie.events() as tab:
        await told(tab)
        await marie.call("PATCH", f"/instances/{instance}", {"name": "new"})
        assert (await told(tab))["instance"]["name"] == "new"


async def test_a_tab_that_lost_track_is_greeted_again(portal: Portal, marie: Caller) -> None:
    async with marie.events() as tab:
        await told(tab)
        instance = await made(marie)
        await told(tab)
        portal.world.bus._listeners.copy().pop().offer(MessagesLost())
        hello = await told(tab)
        assert (hello["type"], [each["id"] for each in hello["instances"]]) == ("hello", [instance])


async def test_the_end_of_the_sign_in_ends_the_tab(portal: Portal, marie: Caller, pierre: Caller) -> None:
    async with marie.events() as tab, pierre.events() as other:
        await told(tab)
        await told(other)
        asking = Principal(marie.user_id, "marie", is_admin=False, sign_in=marie.sign_in, via=Via.TOKEN)
        await portal.accounts.revoke_token(marie.token_id, asking)
        assert await closed(tab) == (4300, "signed-out: Your sign-in ended.")
        portal.world.bus.publish(NoticeGiven("info", "Still here."))
        assert (await told(other))["type"] == "notice"


async def test_a_sign_in_that_ended_on_the_way_in_ends_the_tab(
    portal: Portal, marie: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_signed_in(_sign_in: str) -> bool:
        return False

    monkeypatch.setattr(portal.tabs, "_is_signed_in", is_signed_in)
    async with marie.events() as tab:
        assert (await closed(tab))[0] == 4300


async def test_nobody_listens_without_a_sign_in(portal: Portal) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "beamdesk_session=wrong"}):
        with pytest.raises(WSServerHandshakeError) as refusal:
            await portal.client.ws_connect("/api/v1/events", headers=headers)
        assert refusal.value.status in {401, 403}


async def test_pages_of_other_sites_do_not_listen(marie: Caller) -> None:
    for origin in ("http://evil.example", "null"):
        with pytest.raises(WSServerHandshakeError) as refusal:
            async with marie.events(Origin=origin):
                pass
        assert refusal.value.status == 403


async def test_a_browser_that_talks_is_ended(marie: Caller) -> None:
    for say in (lambda tab: tab.send_str("{}"), lambda tab: tab.send_bytes(b"\0" * 100)):
        async with marie.events() as tab:
            await told(tab)
            await say(tab)
            assert (await closed(tab))[0] == 4200


async def test_a_browser_that_talks_much_is_ended(marie: Caller) -> None:
    async with marie.events() as tab:
        await told(tab)
        await tab.send_str("x" * 100_000)
        assert (await closed(tab))[0] in {1009, 4200}


async def test_one_person_has_a_bounded_number_of_tabs(marie: Caller, pierre: Caller) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MOST_TABS):
            await told(await stack.enter_async_context(marie.events()))
        with pytest.raises(WSServerHandshakeError) as refusal:
            await stack.enter_async_context(marie.events())
        assert refusal.value.status == 429
        await told(await stack.enter_async_context(pierre.events()))
    await until_left(marie)


async def until_left(who: Caller) -> None:
    """Closed tabs give their places back."""
    while True:
        try:
            async with who.events() as tab:
                await told(tab)
                return
        except WSServerHandshakeError:
            await asyncio.sleep(0.01)


async def deaf(portal: Portal, who: Caller) -> socket.socket:
    """A tab on a small socket that is never read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", portal.client.port))
    request = (
        "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        f"Authorization: Bearer {who.secret}\r\n\r\n"
    )
    await loop.sock_sendall(connection, request.encode())
    return connection


async def test_a_tab_that_takes_nothing_is_ended_and_holds_up_nobody(portal: Portal, marie: Caller) -> None:
    with await deaf(portal, marie):
        async with marie.events() as healthy:
            await told(healthy)
            assert len(portal.tabs._open[marie.user_id]) == 2
            sentences = count()
            # It is ended once all buffers on the way to it are full.
            while len(portal.tabs._open[marie.user_id]) == 2:
                sentence = f"{next(sentences)} {'x' * 100_000}"
                portal.world.bus.publish(NoticeGiven("info", sentence))
                assert (await told(healthy))["sentence"] == sentence


async def test_a_gateway_that_stops_says_so(portal: Portal, marie: Caller) -> None:
    async with marie.events() as tab:
        await told(tab)
        portal.tabs.drain()
        assert await closed(tab) == (1012, "gateway-stopping: The gateway is restarting.")
    async with marie.events() as late:
        assert (await closed(late))[0] == 1012


async def test_the_messages_are_described_beside_the_api(portal: Portal) -> None:
    async with portal.client.get("/api/v1/openapi.json") as answer:
        schemas = (await answer.json())["components"]["schemas"]
    for name, kind in (
        ("HelloEvent", "hello"),
        ("InstanceEvent", "instance"),
        ("InstanceGoneEvent", "instance_gone"),
        ("NoticeEvent", "notice"),
    ):
        assert schemas[name]["properties"]["type"]["const"] == kind
        assert "type" in schemas[name]["required"]
