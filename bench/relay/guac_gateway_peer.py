"""The gateway's own Guacamole lane in a process of its own, with an office that lets everybody in."""

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
from beamdesk.gateway.transports.frames import Path
from beamdesk.gateway.transports.guacamole import GuacamoleLane
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.keepers import Keepers


async def _serve(address: GuacdAddress) -> None:
    clock, path = SystemClock(), Path()
    sessions = SessionRegistry(clock)
    # A desktop that nobody looks at is let go of at once, so that rounds do not add up.
    keepers = Keepers(lambda: address, clock, buffer=path.buffer, detached_seconds=0)
    lane = GuacamoleLane(
        office=OpenOffice(Target(host="127.0.0.1", port=5900)),
        sessions=sessions,
        keepers=keepers,
        path=path,
        clock=clock,
        heartbeat_seconds=10,
        slow_viewer_seconds=SLOW_VIEWER_SECONDS,
    )
    app = web.Application(middlewares=[name_request, answer_problems])
    lane.add_routes(app)
    tasks = BackgroundTasks()
    tasks.start("keepers", keepers.run)
    tasks.start("heartbeat", lane.heartbeat.run)
    await serve(app, tasks)


def run(port: Annotated[int, typer.Option(help="guacd's.")]) -> None:
    """Listen, say where, and serve desktops by guacd until ended."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(GuacdAddress("127.0.0.1", port)))


if __name__ == "__main__":
    typer.run(run)
