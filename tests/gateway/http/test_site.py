"""Foreign names and foreign pages."""

import asyncio

import pytest
from aiohttp import WSServerHandshakeError

from beamdesk.gateway.config.settings import ServerSettings
from beamdesk.gateway.http.site import Site
from support.small_api import COOKIE_SECRET, Client, own_origin, signed_in

COOKIE = {"Cookie": f"beamdesk_session={COOKIE_SECRET}"}


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:8080", "[::1]", "192.168.7.8:80"],
)
async def test_loopback_names_and_addresses_are_answered(client: Client, host: str) -> None:
    answer = await client.get("/api/v1/search", headers={"Host": host})
    assert answer.status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8080",
        "localhost:8080@evil.example",
        "localhost:port",
        "localhost, evil.example",
        "localhost/",
        "",
        "[::1",
        "a" * 300,
    ],
)
async def test_other_names_are_refused_on_every_path(client: Client, host: str) -> None:
    """DNS rebinding: a page points its own name at us and reads what we answer."""
    for path in ("/", "/api/v1/search", "/assets/main-abc123.js", "/api/v1/sign-in"):
        status = await status_of(client, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        assert status == 421, path


async def test_a_missing_host_and_an_absolute_target_are_refused(client: Client) -> None:
    assert await status_of(client, "GET / HTTP/1.0\r\n\r\n") == 421
    absolute = "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert await status_of(client, absolute) == 421


async def test_probes_are_answered_by_any_name(client: Client) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await client.get(path, headers={"Host": "10.0.0.7"})).status == 200
        assert (await client.get(path, headers={"Host": "pod-7.internal"})).status == 200


async def test_configured_names_are_answered(make_client: object) -> None:
    assert callable(make_client)
    client: Client = await make_client(
        public_url="https://desk.example.org",
        allowed_hosts=["Internal.Example"],
        allowed_origins=["https://portal.example.org"],
    )
    for host in ("desk.example.org", "internal.example:8080", "portal.example.org"):
        assert (await client.get("/api/v1/search", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}/",
        "HTTP://127.0.0.1:{port}",
        "http://user@127.0.0.1:{port}",
        "",
    ],
)
async def test_a_write_from_a_foreign_page_is_refused(client: Client, origin: str) -> None:
    headers = signed_in(client) | {"Origin": origin.format(port=client.port)}
    answer = await client.post("/api/v1/things", json={"name": "a"}, headers=headers)
    assert answer.status == 403
    assert (await answer.json())["code"] == "foreign-origin"


async def test_a_write_with_a_cookie_has_to_say_its_origin(client: Client) -> None:
    headers = signed_in(client)
    del headers["Origin"]
    answer = await client.post("/api/v1/things", json={"name": "a"}, headers=headers)
    assert answer.status == 403
    assert (await answer.json())["code"] == "no-origin"


async def test_a_program_needs_no_origin_but_a_foreign_one_is_refused(client: Client) -> None:
    token = {"Authorization": "Bearer full"}
    assert (await client.post("/api/v1/things", json={"name": "a"}, headers=token)).status == 202
    foreign = token | {"Origin": "http://evil.example"}
    assert (await client.post("/api/v1/things", json={"name": "a"}, headers=foreign)).status == 403


async def test_websockets_obey_the_same_rule(client: Client) -> None:
    async with client.ws_connect("/api/v1/echo", headers=COOKIE | {"Origin": own_origin(client)}) as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"
    async with client.ws_connect("/api/v1/echo", headers={"Authorization": "Bearer full"}) as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"
    for headers in (COOKIE | {"Origin": "http://evil.example"}, COOKIE):
        with pytest.raises(WSServerHandshakeError) as refusal:
            await client.ws_connect("/api/v1/echo", headers=headers)
        assert refusal.value.status == 403


@pytest.mark.parametrize(
    ("origin", "trusted"),
    [
        ("https://desk.example.org", True),
        ("https://portal.example.org:8443", True),
        ("http://desk.example.org", False),
        ("https://desk.example.org:444", False),
        ("https://desk.example.org.evil.example", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_with_a_public_url_only_configured_origins_are_trusted(origin: str, trusted: bool) -> None:
    site = Site.of(
        ServerSettings(
            public_url="https://desk.example.org:443/", allowed_origins=("https://portal.example.org:8443",)
        )
    )
    assert site.is_secure
    assert site.trusts(origin, host="desk.example.org") is trusted
    assert not site.trusts("https://evil.example", host="evil.example")


async def status_of(client: Client, request: str) -> int:
    """Send *request* as it is and give the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    try:
        writer.write(request.encode())
        line = await reader.readline()
        return int(line.split()[1])
    finally:
        writer.close()
        await writer.wait_closed()
