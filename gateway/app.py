"""The composition root: the only place that sees every part.

Parts are built from the database outwards and stopped in reverse: nothing new comes in, viewers are told and
leave, the reconciler lets go of its work, and the database closes last. Machines keep running; the next start
finds them.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import uvloop
from aiohttp import web

from beamdesk.brokers.protocol import Broker
from beamdesk.gateway.bus import Bus, PictureChanged, PresenceChanged, SignInEnded
from beamdesk.gateway.clock import Clock, SystemClock
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.guacamole_side import GuacamoleSide
from beamdesk.gateway.http.application import new_application
from beamdesk.gateway.http.health import Readiness
from beamdesk.gateway.http.ui import WebUi, add_ui_routes
from beamdesk.gateway.live_side import LiveSessions, PictureSchedule, doubt_lost_desktops
from beamdesk.gateway.logs import AccessLogger
from beamdesk.gateway.plugins import load_brokers
from beamdesk.gateway.portal.accounts.api import ACCOUNTS, INSTANCE_LIMIT
from beamdesk.gateway.portal.accounts.first_start import (
    forget_address,
    framed_link,
    local_address,
    note_address,
    welcome,
)
from beamdesk.gateway.portal.accounts.service import Accounts
from beamdesk.gateway.portal.api import EVENT_MODELS, GROUPS
from beamdesk.gateway.portal.events.api import EVENTS, add_events_route
from beamdesk.gateway.portal.events.service import EventTabs
from beamdesk.gateway.portal.instances.api import INSTANCES
from beamdesk.gateway.portal.instances.service import InstanceService
from beamdesk.gateway.portal.plans.api import PLANS
from beamdesk.gateway.portal.plans.lanes import Lanes
from beamdesk.gateway.portal.plans.service import PlanCatalogue
from beamdesk.gateway.portal.tickets.api import TICKETS
from beamdesk.gateway.portal.tickets.service import Tickets
from beamdesk.gateway.portal.tickets.targets import Targets
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.reconciler.options import ReconcilerOptions
from beamdesk.gateway.reconciler.reconciler import Reconciler
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.lock import exclusive
from beamdesk.gateway.storage.migration import is_current
from beamdesk.gateway.storage.preparation import prepare
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.thumbnails.thumbnailer import Thumbnailer
from beamdesk.gateway.tickets import Stream
from beamdesk.gateway.transports.rfb import RfbLane
from beamdesk.gateway.upstreams.guacd.source import find_guacd

__all__ = ["PartFailed", "serve"]

EXPIRY_SECONDS: Final = 5.0
"""How long a sign-in that was ended elsewhere (by the command line, by its age) keeps its streams at most."""

_log = structlog.stdlib.get_logger(__name__)


class PartFailed(Exception):  # noqa: N818  (what happened, told to the operator)
    """A part that has to run all the time has failed."""

    def __init__(self) -> None:
        super().__init__("Beamdesk stopped because a part of it failed; the log says which.")


def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises what keeps Beamdesk from starting, or `PartFailed`."""
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with _running(settings) as tasks:
        crash = await _first_of(stopping, tasks)
    if crash is not None:
        raise PartFailed from crash


async def _first_of(stopping: asyncio.Event, tasks: BackgroundTasks) -> BaseException | None:
    """Wait for a signal (None) or for the crash of a background task."""
    async with asyncio.TaskGroup() as group:
        signalled = group.create_task(stopping.wait())
        crashed = group.create_task(tasks.crashed())
        done, _ = await asyncio.wait((signalled, crashed), return_when=asyncio.FIRST_COMPLETED)
        signalled.cancel()
        crashed.cancel()
    return crashed.result() if crashed in done else None


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[BackgroundTasks]:  # noqa: PLR0915 (part by part)
    """Everything, from the data folder to the listening socket."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(_database(settings))
        brokers = load_brokers(settings)
        stack.push_async_callback(_close_all, brokers)
        clock, bus, tasks = SystemClock(), Bus(), BackgroundTasks()
        stack.push_async_callback(tasks.stop)

        sessions = SessionRegistry(clock)
        sessions.on_presence(lambda instance_id: bus.publish(PresenceChanged(instance_id)))
        doubt_lost_desktops(sessions, bus)

        def sign_in_ended(sign_in: str) -> None:
            sessions.end_sign_in(sign_in, EndReason.ACCESS_ENDED)
            bus.publish(SignInEnded(sign_in))

        accounts = Accounts(database, settings.sign_in, clock, sign_in_ended)
        guacd = find_guacd(settings.guacamole, clock)
        lanes = Lanes(settings.plans, guacamole=guacd is not None)
        plans = PlanCatalogue(database, brokers, clock, closed=_closed(settings), lanes=lanes)
        await plans.configure(settings.plans)
        targets = Targets(database, brokers, lanes)
        thumbnailer = Thumbnailer(
            folder=settings.server.data_dir / "thumbnails",
            target_of=partial(targets.of_running, stream=Stream.RFB),
            on_new=lambda instance_id: bus.publish(PictureChanged(instance_id)),
            clock=clock,
            every_seconds=settings.thumbnails.every_seconds,
            width=settings.thumbnails.width,
            largest_bytes=settings.thumbnails.largest_bytes,
        )
        pictures = PictureSchedule(
            thumbnailer,
            sessions=sessions,
            database=database,
            bus=bus,
            clock=clock,
            every_seconds=settings.thumbnails.every_seconds,
        )
        instances = InstanceService(
            database,
            bus,
            clock,
            plans=plans,
            brokers=brokers,
            live=LiveSessions(sessions, thumbnailer),
            per_person=settings.instances.per_person,
        )
        tickets = Tickets(
            database, clock, accounts=accounts, targets=targets, seconds=settings.streams.ticket_seconds
        )
        tabs = EventTabs(instances, bus, clock, is_signed_in=accounts.is_signed_in)
        guacamole = GuacamoleSide(
            guacd, settings.guacamole, settings.streams, office=tickets, sessions=sessions, clock=clock
        )
        stack.callback(guacamole.close)
        reconciler = Reconciler(
            brokers,
            database,
            bus,
            end_viewers=guacamole.end_instance,
            clock=clock,
            options=ReconcilerOptions(observe_seconds=settings.reconciler.observe_seconds),
        )
        lane = RfbLane(
            office=tickets,
            sessions=sessions,
            clock=clock,
            heartbeat_seconds=settings.streams.heartbeat_seconds,
            slow_viewer_seconds=settings.streams.slow_viewer_seconds,
        )
        stack.callback(lane.close)

        readiness = Readiness({"database": lambda: is_current(database)})
        app = new_application(
            server=settings.server,
            authenticator=accounts,
            readiness=readiness,
            groups=GROUPS,
            event_models=EVENT_MODELS,
        )
        app[ACCOUNTS] = accounts
        app[INSTANCE_LIMIT] = settings.instances.per_person
        app[PLANS] = plans
        app[INSTANCES] = instances
        app[TICKETS] = tickets
        app[EVENTS] = tabs
        add_events_route(
            app,
            heartbeat_seconds=settings.streams.heartbeat_seconds,
            slow_seconds=settings.streams.slow_viewer_seconds,
        )
        lane.add_routes(app)
        guacamole.add_routes(app)
        add_ui_routes(app, WebUi())

        guacamole.start(tasks)
        tasks.start("reconciler", reconciler.run)
        tasks.start("heartbeat of streams", lane.heartbeat.run)
        if settings.thumbnails.enabled:
            tasks.start("thumbnails", thumbnailer.run)
            tasks.start("thumbnails of what changes", pictures.follow_changes)
            tasks.start("thumbnails of what is watched", pictures.follow_viewers)
        tasks.start("expiry of sign-ins", partial(_expire, accounts, sessions, clock))
        address = await stack.enter_async_context(_listening(app, settings))
        await _welcome(stack, settings, accounts, address)
        yield tasks
        readiness.draining = True
        tabs.drain()
        try:
            async with asyncio.timeout(settings.server.drain_seconds):
                await sessions.drain()
        except TimeoutError:
            _log.warning("viewers did not leave in time", viewers=sessions.viewer_count)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    """The prepared database; an embedded one belongs to one gateway at a time."""
    folder = settings.server.data_dir
    await asyncio.to_thread(_make_private, folder)
    async with AsyncExitStack() as stack:
        # The desktops of the local broker are in the folder, too: two gateways would fight over them.
        await stack.enter_async_context(exclusive(folder / "beamdesk.lock", seconds=0))
        database = Database(settings.database_url, pool_size=settings.database.pool_size)
        stack.push_async_callback(database.close)
        await prepare(database, keep_backups=settings.database.backups)
        yield database


@asynccontextmanager
async def _listening(app: web.Application, settings: Settings) -> AsyncIterator[str]:
    """Serve *app*; gives the address under which this computer reaches it."""
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log_class=AccessLogger,
        shutdown_timeout=settings.server.drain_seconds,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.server.host, settings.server.port, backlog=1024).start()
        port = runner.addresses[0][1]
        yield local_address(settings.server.host, port)
    finally:
        await runner.cleanup()


async def _welcome(stack: AsyncExitStack, settings: Settings, accounts: Accounts, address: str) -> None:
    """Tell the person at the terminal how to come in, and the command line where the server is."""
    folder = settings.server.data_dir
    await asyncio.to_thread(note_address, folder, address)
    stack.push_async_callback(asyncio.to_thread, forget_address, folder)
    person, secret = await welcome(accounts)
    _log.info("serving", address=address, admin=person.name)
    link = framed_link(
        settings.server.public_url or address, secret, minutes=settings.sign_in.link_seconds / 60
    )
    sys.stdout.write(link)
    sys.stdout.flush()


async def _expire(accounts: Accounts, sessions: SessionRegistry, clock: Clock) -> None:
    """End what belongs to sign-ins that were ended elsewhere or have become too old.

    Somebody who only watches sends no request: an open stream keeps its sign-in alive.
    """
    while True:
        await clock.sleep(EXPIRY_SECONDS)
        try:
            await accounts.expire(sessions.sign_ins)
        except Exception:  # noqa: BLE001  (the next turn tries again)
            # A database that is away for a moment must not take the gateway with it.
            _log.exception("expired sign-ins could not be removed")


async def _close_all(brokers: Mapping[str, Broker]) -> None:
    for broker in brokers.values():
        await broker.close()


def _closed(settings: Settings) -> frozenset[str]:
    """Brokers on which nothing new may be started."""
    return frozenset(name for name, broker in settings.brokers.items() if not broker.enabled)


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
