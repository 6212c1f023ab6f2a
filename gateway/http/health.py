"""What load balancers, orchestrators and Prometheus ask. Nobody has to sign in for it."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

__all__ = ["READINESS", "Readiness", "add_health_routes"]

CHECK_SECONDS = 2
"""A check that takes longer is as good as failed: orchestrators ask every few seconds."""


class Readiness:
    """Whether new work should come here. *checks* raise or answer False when something is amiss."""

    def __init__(self, checks: dict[str, Callable[[], Awaitable[bool]]]) -> None:
        self._checks = checks
        self.draining = False
        """Set when the gateway begins to stop: what runs may end, nothing new should come."""

    async def failures(self) -> list[str]:
        """Names of what is not in order; empty when ready."""
        failed = ["draining"] if self.draining else []
        for name, check in self._checks.items():
            if not await _holds(check):
                failed.append(name)
        return failed


READINESS = web.AppKey("READINESS", Readiness)


def add_health_routes(app: web.Application, readiness: Readiness) -> None:
    app[READINESS] = readiness
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", _ready)
    app.router.add_get("/metrics", _metrics)


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")


async def _ready(request: web.Request) -> web.Response:
    failed = await request.app[READINESS].failures()
    if failed:
        return web.Response(status=503, text=f"not ready: {', '.join(failed)}\n")
    return web.Response(text="ready\n")


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _holds(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except Exception:  # noqa: BLE001  (whatever it is, the answer is: not ready)
        return False
