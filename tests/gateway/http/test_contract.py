"""From bytes to models and back, and what happens to everything that is not what was asked for."""

import io
import json

import pytest

from support.small_api import Client, signed_in


async def test_a_body_becomes_a_model_and_an_answer_json(client: Client) -> None:
    answer = await client.post("/api/v1/things", json={"name": "a", "size": 3}, headers=signed_in(client))
    assert answer.status == 202
    assert answer.headers["Location"] == "/api/v1/things/1"
    assert answer.content_type == "application/json"
    assert await answer.json() == {"id": "1", "name": "a", "size": 3, "made_at": "2026-01-01T00:00:00Z"}


async def test_no_content_is_204(client: Client) -> None:
    answer = await client.delete("/api/v1/things/1", headers=signed_in(client))
    assert answer.status == 204
    assert await answer.read() == b""


async def test_a_query_becomes_a_model(client: Client) -> None:
    answer = await client.get("/api/v1/search?least=7")
    assert (await answer.json())["size"] == 7


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "a" * 21}, "/name"),
        ({"name": "a", "size": "many"}, "/size"),
        ({"name": "a", "color": "red"}, "/color"),
        ([], "/"),
        ("text", "/"),
        (None, "/"),
        ({"name": "\ud800"}, "/name"),
    ],
)
async def test_a_wrong_body_is_422_with_a_pointer(client: Client, body: object, pointer: str) -> None:
    answer = await client.post("/api/v1/things", data=json.dumps(body), headers=signed_in(client) | JSON)
    assert answer.status == 422
    problem = await answer.json()
    assert problem["code"] == "invalid-request"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["errors"][0]["detail"].endswith(".")


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'name': 'a'}",
        b'{"name": "a", "size": NaN}',
        b'{"name": "a", "size": Infinity}',
        b"[" * 100_000,
        b'{"name": "a", "size": ' + b"9" * 10_000 + b"}",
        b"\xff\xfe\x00",
    ],
)
async def test_what_is_no_json_is_400(client: Client, raw: bytes) -> None:
    answer = await client.post("/api/v1/things", data=raw, headers=signed_in(client) | JSON)
    assert answer.status == 400
    assert (await answer.json())["code"] == "malformed-json"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
async def test_another_content_type_is_415(client: Client, content_type: str) -> None:
    headers = signed_in(client) | {"Content-Type": content_type}
    answer = await client.post("/api/v1/things", data=b'{"name": "a"}', headers=headers)
    assert answer.status == 415


async def test_a_body_at_the_limit_is_read_and_one_past_it_is_413(client: Client) -> None:
    for extra, status in ((0, 422), (1, 413)):
        raw = b'{"name": "' + b"a" * (1024 * 1024 - 12 + extra) + b'"}'
        assert len(raw) == 1024 * 1024 + extra
        answer = await client.post("/api/v1/things", data=io.BytesIO(raw), headers=signed_in(client) | JSON)
        assert answer.status == status
        assert (await answer.json())["status"] == status


@pytest.mark.parametrize("body", [{"name": "a\0b"}, {"na\0me": "a"}])
async def test_a_nul_character_never_gets_to_a_handler(client: Client, body: dict[str, str]) -> None:
    answer = await client.post("/api/v1/things", json=body, headers=signed_in(client))
    assert answer.status == 400
    assert (await answer.json())["code"] == "nul-character"


async def test_a_nul_character_in_a_path_or_a_query_is_refused(client: Client) -> None:
    assert (await client.get("/api/v1/things/1%00", headers=signed_in(client))).status == 404
    assert (await client.get("/api/v1/search?least=%00")).status == 400


async def test_the_text_backslash_u0000_is_no_nul(client: Client) -> None:
    answer = await client.post("/api/v1/things", json={"name": "\\u0000"}, headers=signed_in(client))
    assert answer.status == 202


async def test_a_repeated_or_unknown_query_parameter_is_422(client: Client) -> None:
    for query in ("least=1&least=2", "most=1", "least=x"):
        answer = await client.get(f"/api/v1/search?{query}")
        assert answer.status == 422, query


async def test_routes_need_a_principal_unless_they_are_public(client: Client) -> None:
    assert (await client.get("/api/v1/things/1")).status == 401
    assert (await client.get("/api/v1/picture")).status == 401
    assert (await client.get("/api/v1/search")).status == 200


async def test_the_body_of_somebody_unknown_is_not_even_parsed(client: Client) -> None:
    answer = await client.post("/api/v1/things", data=b"{", headers=JSON)
    assert answer.status == 401
