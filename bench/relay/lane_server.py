"""What the gateway's lanes need around them in a bench: an office that lets everybody in, and a server."""

from datetime import UTC, datetime, timedelta

from aiohttp import web

from beamdesk.bench.processes import announce
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import InstanceId, Stream, Target, Ticket, UserId

__all__ = ["SLOW_VIEWER_SECONDS", "OpenOffice", "serve"]

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


async def serve(app: web.Application, tasks: BackgroundTasks) -> None:
    """Listen, say where, and serve until ended or until one of *tasks* does."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
    await site.start()
    announce(port=runner.addresses[0][1])
    raise RuntimeError("a background task ended") from await tasks.crashed()
