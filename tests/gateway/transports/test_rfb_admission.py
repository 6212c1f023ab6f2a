"""What is refused before there is a WebSocket, and what happens while a ticket is redeemed."""

import asyncio
import contextlib
import logging

import aiohttp
import pytest
import structlog

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import InstanceId, Target
from support.stream_world import StreamWorld, Viewer

NOWHERE = Target(unix_path="/nonexistent/rfb")


async def refusal(
    world: StreamWorld, url: str, *, protocols: tuple[str, ...] = ("binary",), **options: object
) -> tuple[int, str | None]:
    """Status of the refused upgrade, and which sub-protocols were offered."""
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(url, protocols=protocols, **options)
        return refused.value.status


async def test_a_ticket_works_once(world: StreamWorld):
    ticket = world.office.issue(NOWHERE)
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(world.url(ticket), protocols=["binary"]) as websocket:
            assert websocket.protocol == "binary"
        assert await refusal(world, world.url(ticket)) == 401


@pytest.mark.parametrize("query", ["", "?ticket=", "?ticket=unknown", "?ticket=a&ticket=b", "?tickets=a"])
async def test_without_a_good_ticket_there_is_no_stream(world: StreamWorld, query: str):
    url = world.url("").replace("?ticket=", query)
    assert await refusal(world, url) == 401


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
async def test_a_ticket_is_bound_to_its_origin(world: StreamWorld, origin: str | None):
    ticket = world.office.issue(NOWHERE, origin="http://good.example")
    assert await refusal(world, world.url(ticket), origin=origin) == 403
    assert await refusal(world, world.url(ticket), origin="http://good.example") == 401


async def test_its_own_origin_may_use_it(world: StreamWorld):
    ticket = world.office.issue(NOWHERE, origin="http://good.example")
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(world.url(ticket), protocols=["binary"], origin="http://good.example"),
    ):
        pass


@pytest.mark.parametrize("protocols", [(), ("guacamole",), ("base64", "Binary")])
async def test_another_sub_protocol_costs_no_ticket(world: StreamWorld, protocols: tuple[str, ...]):
    ticket = world.office.issue(NOWHERE)
    assert await refusal(world, world.url(ticket), protocols=protocols) == 400
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(world.url(ticket), protocols=["base64", "binary"]) as websocket,
    ):
        assert websocket.protocol == "binary"


async def test_an_ordinary_request_is_told_to_upgrade(world: StreamWorld):
    async with (
        aiohttp.ClientSession() as client,
        client.get(world.server.make_url("/stream/rfb?ticket=x")) as answer,
    ):
        assert answer.status == 426
        assert answer.content_type == "application/problem+json"


async def test_a_broken_upgrade_is_answered(world: StreamWorld):
    ticket = world.office.issue(NOWHERE)
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Protocol": "binary"}
    async with (
        aiohttp.ClientSession() as client,
        client.get(world.url(ticket).replace("ws:", "http:"), headers=headers) as answer,
    ):
        assert answer.status == 400
    assert world.sessions.viewer_count == 0


async def test_nobody_comes_in_while_the_gateway_drains(world: StreamWorld):
    await world.sessions.drain()
    assert await refusal(world, world.url(world.office.issue(NOWHERE))) == 503


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda world: world.sessions.end_instance("instance-1", EndReason.DESKTOP_STOPPED), 4103),
        (lambda world: world.sessions.end_sign_in("sign-in-1", EndReason.ACCESS_ENDED), 4300),
        (lambda world: asyncio.get_running_loop().call_soon(world.draining.set_result, None), 1012),
    ],
    ids=["instance", "sign-in", "everybody"],
)
async def test_access_that_ends_while_the_ticket_is_redeemed(world: StreamWorld, end, code: int):
    world.office.before_answer = asyncio.Event()
    world.draining = asyncio.get_running_loop().create_future()

    async def drain_when_told() -> None:
        await world.draining
        await world.sessions.drain()

    async with asyncio.TaskGroup() as group:
        draining = group.create_task(drain_when_told())
        opening = group.create_task(opened(world))
        await world.office.redeemed.wait()
        end(world)
        if code == 1012:
            while not world.sessions.is_draining:
                await asyncio.sleep(0)
        world.office.before_answer.set()
        assert await opening == code
        if code != 1012:
            draining.cancel()


async def opened(world: StreamWorld) -> int | None:
    async with world.viewer(NOWHERE) as viewer:
        code, _ = await viewer.ended()
        return code


async def test_others_are_not_ended(world: StreamWorld):
    world.office.before_answer = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        opening = group.create_task(opened(world))
        await world.office.redeemed.wait()
        world.sessions.end_instance(InstanceId("instance-2"), EndReason.DESKTOP_STOPPED)
        world.sessions.end_sign_in("sign-in-2", EndReason.ACCESS_ENDED)
        world.office.before_answer.set()
        assert await opening == EndReason.DESKTOP_UNREACHABLE.websocket_close


async def test_the_ticket_reaches_no_log(world: StreamWorld, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        for secret in (
            world.office.issue(NOWHERE),
            "unknown-secret",
            world.office.issue(NOWHERE, origin="x"),
        ):
            async with aiohttp.ClientSession() as client:
                with contextlib.suppress(aiohttp.WSServerHandshakeError):
                    async with client.ws_connect(world.url(secret), protocols=["binary"]) as websocket:
                        await Viewer(websocket).ended()
    said = f"{lines} {[record for record in caplog.records if 'aiohttp.access' not in record.name]}"
    assert "secret" not in said + "".join(capsys.readouterr())
    assert {line["event"] for line in lines} >= {"ticket refused", "viewer came", "viewer left"}
