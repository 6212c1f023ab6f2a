"""The gateway's own RFB lane in a process of its own, with an office that lets everybody in."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Annotated

import structlog
import typer
import uvloop
from aiohttp import web

from beamdesk.bench.processes import announce
from beamdesk.gateway.clock import SystemClock
from beamdesk.gateway.http.problems import answer_problems
from beamdesk.gateway.http.requests import name_request
from beamdesk.gateway.roles import Role
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import InstanceId, Stream, Target, Ticket, UserId
from beamdesk.gateway.transports.rfb import RfbLane

__all__ = ["SLOW_VIEWER_SECONDS", "OpenOffice"]

SLOW_VIEWER_SECONDS = 120
"""Longer than a stalled viewer is looked at."""


class OpenOffice:
    """A `TicketOffice` that takes whatever it is shown for the name of a desktop, all of them at *target*."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def redeem(self, secret: str, stream: Stream, origin: str | None) -> Ticket:  # noqa: ARG002
        return Ticket(
            user_id=UserId(secret),
            user_name=secret,
            instance_id=InstanceId(secret),
            role=Role.OWNER,
            stream=stream,
            target=self._target,
            sign_in=secret,
            expires_at=datetime.now(UTC) + timedelta(seconds=30),
        )


async def _serve(target: Target, heartbeat_seconds: float) -> None:
    clock = SystemClock()
    sessions = SessionRegistry(clock)
    lane = RfbLane(
        office=OpenOffice(target),
        sessions=sessions,
        clock=clock,
        heartbeat_seconds=heartbeat_seconds,
        slow_viewer_seconds=SLOW_VIEWER_SECONDS,
    )
    app = web.Application(middlewares=[name_request, answer_problems])
    lane.add_routes(app)
    tasks = BackgroundTasks()
    tasks.start("heartbeat", lane.heartbeat.run)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
    await site.start()
    announce(port=runner.addresses[0][1])
    raise RuntimeError("a background task ended") from await tasks.crashed()


def run(
    port: Annotated[int, typer.Option()] = 0,
    unix_path: Annotated[str, typer.Option()] = "",
    heartbeat_seconds: Annotated[float, typer.Option()] = 10,
) -> None:
    """Listen, say where, and serve desktops at *port* or *unix_path* until ended."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    target = Target(unix_path=unix_path) if unix_path else Target(host="127.0.0.1", port=port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(target, heartbeat_seconds))


if __name__ == "__main__":
    typer.run(run)
