"""The gateway's own RFB lane in a process of its own, with an office that lets everybody in."""

import asyncio
import logging
from typing import Annotated

import structlog
import typer
import uvloop
from aiohttp import web

from beamdesk.bench.relay.lane_server import SLOW_VIEWER_SECONDS, OpenOffice, serve
from beamdesk.gateway.clock import SystemClock
from beamdesk.gateway.http.problems import answer_problems
from beamdesk.gateway.http.requests import name_request
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.transports.rfb import RfbLane


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
    await serve(app, tasks)


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
