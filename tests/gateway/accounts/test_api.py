"""Accounts over HTTP, as a browser and as a program see them."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from beamdesk.gateway.portal.accounts.people import Person
from beamdesk.gateway.portal.accounts.service import Accounts
from support.manual_clock import ManualClock

Client = TestClient[web.Request, web.Application]


def origin(client: Client) -> dict[str, str]:
    return {"Origin": f"http://127.0.0.1:{client.port}"}


async def sign_in(client: Client, accounts: Accounts, person: Person) -> dict[str, str]:
    """Sign the browser in and give the headers of its writes."""
    link = await accounts.links.issue(person.id)
    answer = await client.post("/api/v1/sign-in", json={"token": link}, headers=origin(client))
    assert answer.status == 200, await answer.text()
    return origin(client) | {"X-CSRF-Token": (await answer.json())["csrf_token"]}


async def test_a_browser_signs_in_and_out(client: Client, accounts: Accounts, marie: Person) -> None:
    link = await accounts.links.issue(marie.id)
    answer = await client.post("/api/v1/sign-in", json={"token": link}, headers=origin(client))
    me = await answer.json()
    assert answer.status == 200
    assert me == {
        "id": marie.id,
        "name": "marie",
        "display_name": "Marie Skłodowska Curie",
        "is_admin": True,
        "csrf_token": me["csrf_token"],
        "instance_limit": 3,
    }
    cookie = answer.cookies["beamdesk_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["max-age"] == "86400"
    assert cookie.value not in await answer.text()
    again = await client.get("/api/v1/me")
    assert await again.json() == me
    out = await client.post("/api/v1/sign-out", headers=origin(client) | {"X-CSRF-Token": me["csrf_token"]})
    assert out.status == 204
    assert out.cookies["beamdesk_session"].value == ""
    stolen = {"Cookie": f"beamdesk_session={cookie.value}"}
    assert (await client.get("/api/v1/me", headers=stolen)).status == 401


async def test_a_used_link_says_so(client: Client, accounts: Accounts, marie: Person) -> None:
    link = await accounts.links.issue(marie.id)
    statuses = []
    for _ in range(2):
        answer = await client.post("/api/v1/sign-in", json={"token": link}, headers=origin(client))
        statuses.append((answer.status, (await answer.json()).get("code")))
    assert statuses == [(200, None), (401, "link-refused")]


async def test_of_two_browsers_at_once_one_is_signed_in(
    client: Client, accounts: Accounts, marie: Person
) -> None:
    link = await accounts.links.issue(marie.id)
    answers = await asyncio.gather(
        *(client.post("/api/v1/sign-in", json={"token": link}, headers=origin(client)) for _ in range(5))
    )
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401, 401]


async def test_a_link_in_an_address_or_from_a_foreign_page_does_nothing(
    client: Client, accounts: Accounts, marie: Person
) -> None:
    link = await accounts.links.issue(marie.id)
    assert (await client.get(f"/api/v1/sign-in?token={link}")).status == 405
    foreign = {"Origin": "http://evil.example"}
    assert (await client.post("/api/v1/sign-in", json={"token": link}, headers=foreign)).status == 403
    form = await client.post("/api/v1/sign-in", data={"token": link}, headers=origin(client))
    assert form.status == 415
    assert (await client.post("/api/v1/sign-in", json={"token": link}, headers=origin(client))).status == 200


async def test_a_session_of_a_browser_is_never_taken_over_from_outside(
    client: Client, accounts: Accounts, marie: Person
) -> None:
    """Session fixation: the cookie that was there before is not the one that is signed in."""
    link = await accounts.links.issue(marie.id)
    planted = origin(client) | {"Cookie": "beamdesk_session=planted"}
    answer = await client.post("/api/v1/sign-in", json={"token": link}, headers=planted)
    assert answer.cookies["beamdesk_session"].value != "planted"
    assert await accounts.by_cookie("planted") is None


async def test_too_many_failures_are_429(client: Client, accounts: Accounts, clock: ManualClock) -> None:
    for _ in range(20):
        answer = await client.post("/api/v1/sign-in", json={"token": "x"}, headers=origin(client))
        assert answer.status == 401
    answer = await client.post("/api/v1/sign-in", json={"token": "x"}, headers=origin(client))
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "60"


async def test_tokens_are_made_listed_used_and_revoked(
    client: Client, accounts: Accounts, marie: Person, ended: list[str]
) -> None:
    headers = await sign_in(client, accounts, marie)
    wanted = {"name": "laptop", "scope": "read", "days": 7}
    made = await client.post("/api/v1/tokens", json=wanted, headers=headers)
    assert made.status == 201
    token = await made.json()
    secret = token.pop("token")
    assert token["scope"] == "read"
    listed = await (await client.get("/api/v1/tokens")).json()
    assert listed == {"items": [token]}
    client.session.cookie_jar.clear()
    bearer = {"Authorization": f"Bearer {secret}"}
    me = await (await client.get("/api/v1/me", headers=bearer)).json()
    assert (me["name"], me["csrf_token"]) == ("marie", None)
    headers = await sign_in(client, accounts, marie)
    assert (await client.delete(f"/api/v1/tokens/{token['id']}", headers=headers)).status == 204
    assert (await client.delete(f"/api/v1/tokens/{token['id']}", headers=headers)).status == 404
    assert (await client.get("/api/v1/me", headers=bearer)).status == 401
    assert ended == [f"token:{token['id']}"]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 251},
        {"name": "a", "days": 0},
        {"name": "a", "days": 10**9},
        {"name": "a", "scope": "admin"},
        {"name": "a", "user_id": "somebody"},
    ],
)
async def test_wrong_wishes_for_tokens_are_422(
    client: Client, accounts: Accounts, marie: Person, wanted: dict[str, object]
) -> None:
    headers = await sign_in(client, accounts, marie)
    assert (await client.post("/api/v1/tokens", json=wanted, headers=headers)).status == 422
    too_long = await client.post("/api/v1/tokens", json={"name": "a", "days": 31}, headers=headers)
    assert too_long.status == 409


async def test_a_token_cannot_make_tokens(client: Client, accounts: Accounts, marie: Person) -> None:
    _, secret = await accounts.tokens.issue(marie.id, "leaked")
    bearer = {"Authorization": f"Bearer {secret}"}
    answer = await client.post("/api/v1/tokens", json={"name": "more"}, headers=bearer)
    assert answer.status == 403
    assert (await answer.json())["code"] == "browser-only"


async def test_other_people_s_tokens_and_sign_ins_are_not_there(
    client: Client, accounts: Accounts, marie: Person, pierre: Person
) -> None:
    token, _ = await accounts.tokens.issue(marie.id, "laptop")
    await sign_in(client, accounts, marie)
    (session,) = await accounts.browsers.of(marie.id)
    client.session.cookie_jar.clear()
    headers = await sign_in(client, accounts, pierre)
    assert (await (await client.get("/api/v1/tokens")).json()) == {"items": []}
    assert (await client.delete(f"/api/v1/tokens/{token.id}", headers=headers)).status == 404
    assert (await client.delete(f"/api/v1/sign-ins/{session.id}", headers=headers)).status == 404
    assert len((await (await client.get("/api/v1/sign-ins")).json())["items"]) == 1


async def test_a_person_sees_and_ends_their_browsers(
    client: Client, accounts: Accounts, marie: Person, ended: list[str]
) -> None:
    await sign_in(client, accounts, marie)
    client.session.cookie_jar.clear()
    headers = await sign_in(client, accounts, marie)
    items = (await (await client.get("/api/v1/sign-ins")).json())["items"]
    assert [item["current"] for item in sorted(items, key=lambda item: item["id"])] == [False, True]
    assert {item["address"] for item in items} == {"127.0.0.1"}
    other = next(item["id"] for item in items if not item["current"])
    assert (await client.delete(f"/api/v1/sign-ins/{other}", headers=headers)).status == 204
    assert ended == [f"browser:{other}"]
    assert (await client.get("/api/v1/me")).status == 200


async def test_everything_but_signing_in_needs_somebody(client: Client) -> None:
    for method, path in (
        ("GET", "/me"),
        ("POST", "/sign-out"),
        ("GET", "/tokens"),
        ("POST", "/tokens"),
        ("DELETE", "/tokens/x"),
        ("GET", "/sign-ins"),
        ("DELETE", "/sign-ins/x"),
    ):
        answer = await client.request(method, f"/api/v1{path}", headers=origin(client))
        assert answer.status == 401, path


async def test_what_browsers_call_themselves_is_stored_in_part(
    client: Client, accounts: Accounts, marie: Person
) -> None:
    link = await accounts.links.issue(marie.id)
    headers = origin(client) | {"User-Agent": "x" * 5000}
    assert (await client.post("/api/v1/sign-in", json={"token": link}, headers=headers)).status == 200
    (session,) = await accounts.browsers.of(marie.id)
    assert session.browser == "x" * 250
