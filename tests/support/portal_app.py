"""The portal's API on a real socket, over a `World`.

async with open_portal(database) as portal:
    marie = await portal.person("marie")
    answer = await marie.post("/instances", {"plan": "desktop"})
    assert answer.status == 202
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer

from beamdesk.gateway.bus import SignInEnded
from beamdesk.gateway.config.settings import ServerSettings, SignInSettings
from beamdesk.gateway.http.application import new_application
from beamdesk.gateway.http.health import Readiness
from beamdesk.gateway.portal.accounts.api import ACCOUNTS, INSTANCE_LIMIT
from beamdesk.gateway.portal.accounts.service import Accounts
from beamdesk.gateway.portal.api import EVENT_MODELS, GROUPS
from beamdesk.gateway.portal.events.api import EVENTS, add_events_route
from beamdesk.gateway.portal.events.service import EventTabs
from beamdesk.gateway.portal.instances.api import INSTANCES
from beamdesk.gateway.portal.plans.api import PLANS
from beamdesk.gateway.portal.tickets.api import TICKETS
from beamdesk.gateway.portal.tickets.service import Tickets
from beamdesk.gateway.portal.tickets.targets import Targets
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.tickets import UserId
from support.portal_world import World

__all__ = ["Answer", "Caller", "Portal", "open_portal"]

TICKET_SECONDS = 30
HEARTBEAT_SECONDS = 10
SLOW_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The code of the problem document."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.body["status"] == self.status
        return str(self.body["code"])


@dataclass(frozen=True, slots=True)
class Caller:
    """A program of one person."""

    client: TestClient[web.Request, web.Application]
    user_id: UserId
    token_id: str
    secret: str

    @property
    def sign_in(self) -> str:
        return f"token:{self.token_id}"

    async def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        async with self.client.request(
            method, f"/api/v1{path}", json=body, headers=sent, skip_auto_headers=["User-Agent"]
        ) as response:
            raw = await response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return Answer(response.status, response.headers.copy(), json.loads(raw) if is_json else raw)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.call("GET", path, headers=headers)

    async def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.call("POST", path, body, headers)

    @asynccontextmanager
    async def events(self, **headers: str) -> AsyncIterator[ClientWebSocketResponse]:
        """The socket of a tab."""
        sent = {"Authorization": f"Bearer {self.secret}", **headers}
        async with self.client.ws_connect("/api/v1/events", headers=sent) as socket:
            yield socket


class Portal:
    """One gateway's portal; without a reconciler, unless the test starts one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accounts = Accounts(
            world.database, SignInSettings(), world.clock, lambda name: world.bus.publish(SignInEnded(name))
        )
        self.tickets = Tickets(
            world.database,
            world.clock,
            accounts=self.accounts,
            targets=Targets(world.database, world.brokers),
            seconds=TICKET_SECONDS,
        )
        self.tabs = EventTabs(
            world.instances, world.bus, world.clock, is_signed_in=self.accounts.is_signed_in
        )
        self.client: TestClient[web.Request, web.Application]

    def application(self) -> web.Application:
        app = new_application(
            server=ServerSettings(),
            authenticator=self.accounts,
            readiness=Readiness({}),
            groups=GROUPS,
            event_models=EVENT_MODELS,
        )
        app[ACCOUNTS] = self.accounts
        app[INSTANCE_LIMIT] = 2
        app[PLANS] = self.world.plans
        app[INSTANCES] = self.world.instances
        app[TICKETS] = self.tickets
        app[EVENTS] = self.tabs
        add_events_route(app, heartbeat_seconds=HEARTBEAT_SECONDS, slow_seconds=SLOW_SECONDS)
        return app

    async def person(self, name: str, *, is_admin: bool = False) -> Caller:
        """Somebody new, with an access token."""
        person = await self.accounts.people.add(name, is_admin=is_admin)
        token, secret = await self.accounts.tokens.issue(person.id, "test")
        return Caller(self.client, person.id, token.id, secret)


@asynccontextmanager
async def open_portal(database: Database, *, per_person: int = 2) -> AsyncIterator[Portal]:
    """A portal that is served during the block."""
    world = World(database, per_person=per_person)
    await world.plans.configure([world.plan])
    portal = Portal(world)
    async with TestClient(TestServer(portal.application())) as client:
        portal.client = client
        yield portal
