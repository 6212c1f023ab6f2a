"""Cookies, bearer tokens and the CSRF token."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from beamdesk.gateway.http.cookies import SessionCookie
from support.small_api import COOKIE_SECRET, Client, signed_in


async def test_a_cookie_of_ours_is_somebody(client: Client) -> None:
    answer = await client.get("/api/v1/things/1", headers={"Cookie": f"beamdesk_session={COOKIE_SECRET}"})
    assert answer.status == 200


@pytest.mark.parametrize(
    "cookie",
    ["beamdesk_session=other", "beamdesk_session=", f"__Host-beamdesk_session={COOKIE_SECRET}", "x=y"],
)
async def test_any_other_cookie_is_nobody(client: Client, cookie: str) -> None:
    assert (await client.get("/api/v1/things/1", headers={"Cookie": cookie})).status == 401


@pytest.mark.parametrize("sent", [None, "", "wrong", "ünïcode".encode().decode("latin-1")])
async def test_a_write_by_cookie_needs_the_csrf_token(client: Client, sent: str | None) -> None:
    headers = signed_in(client)
    del headers["X-CSRF-Token"]
    if sent is not None:
        headers["X-CSRF-Token"] = sent
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await client.request(method, "/api/v1/things", json={"name": "a"}, headers=headers)
        assert answer.status == 403, method
        assert (await answer.json())["code"] == "csrf"


async def test_a_token_needs_no_csrf_token(client: Client) -> None:
    token = {"Authorization": "bearer full"}
    assert (await client.post("/api/v1/things", json={"name": "a"}, headers=token)).status == 202


async def test_a_token_for_reading_cannot_write(client: Client) -> None:
    token = {"Authorization": "Bearer read"}
    assert (await client.get("/api/v1/things/1", headers=token)).status == 200
    answer = await client.post("/api/v1/things", json={"name": "a"}, headers=token)
    assert answer.status == 403
    assert (await answer.json())["code"] == "read-only-token"


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer", "Basic bWFyaWU6eA==", "full", ""])
async def test_a_bad_token_is_refused_even_beside_a_good_cookie(client: Client, authorization: str) -> None:
    headers = signed_in(client) | {"Authorization": authorization}
    for path in ("/api/v1/things/1", "/api/v1/search"):
        assert (await client.get(path, headers=headers)).status == 401


def test_on_https_the_cookie_is_bound_to_the_host() -> None:
    response = web.Response()
    SessionCookie(secure=True).set(response, "s", 60.5)
    morsel = response.cookies["__Host-beamdesk_session"]
    assert morsel["secure"] is True
    assert morsel["httponly"] is True
    assert morsel["samesite"] == "Lax"
    assert morsel["path"] == "/"
    assert morsel["domain"] == ""
    assert morsel["max-age"] == "60"


def test_on_https_a_cookie_without_the_prefix_is_ignored() -> None:
    request = make_mocked_request("GET", "/", headers={"Cookie": "beamdesk_session=planted"})
    assert SessionCookie(secure=True).read(request) is None
    assert SessionCookie(secure=False).read(request) == "planted"
