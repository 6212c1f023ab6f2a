"""What orchestrators are told."""

import asyncio

import pytest

from beamdesk.gateway.http import health
from beamdesk.gateway.http.health import Readiness
from support.small_api import Client


async def test_alive_and_ready(client: Client) -> None:
    assert (await client.get("/healthz")).status == 200
    assert (await client.get("/readyz")).status == 200


async def test_a_draining_gateway_is_alive_and_not_ready(client: Client, readiness: Readiness) -> None:
    readiness.draining = True
    assert (await client.get("/healthz")).status == 200
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert "draining" in await answer.text()


async def test_checks_that_deny_raise_or_hang_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)

    async def good() -> bool:
        return True

    async def bad() -> bool:
        return False

    async def broken() -> bool:
        raise OSError

    async def hangs() -> bool:
        await asyncio.Event().wait()
        return True

    readiness = Readiness({"good": good, "bad": bad, "broken": broken, "hangs": hangs})
    assert await readiness.failures() == ["bad", "broken", "hangs"]


async def test_metrics_are_in_prometheus_text(client: Client) -> None:
    answer = await client.get("/metrics")
    assert answer.content_type == "text/plain"
    assert "beamdesk_http_requests_total" in await answer.text()
