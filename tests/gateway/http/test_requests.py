"""What every response carries, and what is counted."""

import pytest
from prometheus_client import REGISTRY

from support.small_api import Client, own_origin, signed_in


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/search", "/api/v1/nothing", "/assets/main-abc123.js", "/healthz"]
)
async def test_every_response_carries_the_security_headers(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert f"connect-src 'self' ws://127.0.0.1:{client.port};" in policy
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert headers["Server"] == "Beamdesk"


async def test_on_https_browsers_are_told_to_stay_there(make_client: object) -> None:
    assert callable(make_client)
    client: Client = await make_client(public_url="https://desk.example.org")
    headers = (await client.get("/", headers={"Host": "desk.example.org"})).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "connect-src 'self' wss://desk.example.org;" in headers["Content-Security-Policy"]


async def test_answers_of_the_api_are_not_stored(client: Client) -> None:
    assert (await client.get("/api/v1/search")).headers["Cache-Control"] == "no-store"


async def test_requests_are_counted_by_pattern_and_not_by_path(client: Client) -> None:
    before = counted("GET", "/api/v1/things/{id}", "404")
    for name in ("x", "y", "z"):
        await client.get(f"/api/v1/things/{name}", headers=signed_in(client))
    await client.request("PROPFIND", "/api/v1/things/x")
    assert counted("GET", "/api/v1/things/{id}", "404") == before + 3
    text = await (await client.get("/metrics")).text()
    assert "/things/x" not in text
    assert "PROPFIND" not in text
    assert 'method="OTHER"' in text


async def test_a_websocket_is_counted_and_its_length_is_not(client: Client) -> None:
    route = "/api/v1/echo"
    before = counted("GET", route, "101")
    headers = {"Authorization": "Bearer full", "Origin": own_origin(client)}
    async with client.ws_connect(route, headers=headers):
        pass
    assert counted("GET", route, "101") == before + 1
    timed = REGISTRY.get_sample_value(
        "beamdesk_http_request_seconds_count", {"method": "GET", "route": route}
    )
    assert not timed


def counted(method: str, route: str, status: str) -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("beamdesk_http_requests_total", labels) or 0
