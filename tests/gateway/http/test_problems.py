"""Whatever goes wrong is told as a problem document, without what nobody outside should know."""

import asyncio
import logging

import pytest

from support.small_api import Client, signed_in


async def test_a_problem_names_itself_and_the_request(client: Client) -> None:
    answer = await client.get("/api/v1/things/2", headers=signed_in(client))
    assert answer.status == 404
    assert answer.content_type == "application/problem+json"
    assert await answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not-found",
        "detail": "There is no such thing.",
        "request_id": answer.headers["X-Request-ID"],
        "errors": [],
    }


async def test_an_unforeseen_failure_tells_nothing_outside(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/api/v1/broken")
    assert answer.status == 500
    text = await answer.text()
    assert "hunter2" not in text
    assert "Traceback" not in text
    assert (await answer.json())["code"] == "internal"


async def test_a_failure_after_the_head_ends_the_connection_and_sends_no_second_head(client: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(b"GET /api/v1/broken-stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    sent = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert sent.startswith(b"HTTP/1.1 200")
    assert sent.count(b"HTTP/1.1") == 1
    assert b"internal" not in sent


async def test_unknown_paths_and_methods_are_problems(client: Client) -> None:
    missing = await client.get("/api/v1/nothing")
    assert (missing.status, missing.content_type) == (404, "application/problem+json")
    wrong = await client.put("/api/v1/things", headers=signed_in(client))
    assert wrong.status == 405
    assert wrong.headers["Allow"] == "POST"
    assert (await wrong.json())["code"] == "method-not-allowed"


async def test_request_ids_are_ours_and_differ(client: Client) -> None:
    sent = {"X-Request-ID": "forged"}
    first = await client.get("/api/v1/search", headers=sent)
    second = await client.get("/api/v1/search", headers=sent)
    ids = {first.headers["X-Request-ID"], second.headers["X-Request-ID"]}
    assert len(ids) == 2
    assert "forged" not in ids


async def test_not_signed_in_says_how_to(client: Client) -> None:
    answer = await client.get("/api/v1/things/1")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert (await answer.json())["code"] == "not-signed-in"
