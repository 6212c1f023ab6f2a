"""A small API for tests of the real HTTP layer, with a person who exists in memory only."""

import hashlib
from datetime import UTC, datetime

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient
from pydantic import BaseModel, ConfigDict, Field

from beamdesk.gateway.http.authentication import Proof
from beamdesk.gateway.http.contract import Answer, Routes
from beamdesk.gateway.http.principal import Principal, Via, principal_of
from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.tickets import UserId

Client = TestClient[web.Request, web.Application]

COOKIE_SECRET = "cookie-secret"
CSRF = hashlib.sha256(b"csrf").hexdigest()


class NewThing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=20)
    size: int = 1


class Thing(BaseModel):
    id: str
    name: str
    size: int
    made_at: datetime


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    least: int = 0


class Event(BaseModel):
    type: str = "thing"
    thing: Thing


routes = Routes("things")


@routes.post("/things", status=202, headers=("Idempotency-Key",))
async def create_thing(request: web.Request, body: NewThing) -> Answer[Thing]:
    """Make a thing."""
    assert principal_of(request)
    thing = Thing(id="1", name=body.name, size=body.size, made_at=datetime(2026, 1, 1, tzinfo=UTC))
    return Answer(thing, headers={"Location": "/api/v1/things/1"})


@routes.get("/things/{id}")
async def get_thing(request: web.Request) -> Thing:
    """One thing."""
    if request.match_info["id"] != "1":
        raise Problem.not_found("There is no such thing.")
    return Thing(id="1", name="first", size=1, made_at=datetime(2026, 1, 1, tzinfo=UTC))


@routes.get("/search", public=True)
async def search(request: web.Request, query: Search) -> Thing:
    """Look for things.

    Anybody may.
    """
    return Thing(
        id="1", name=request.query_string, size=query.least, made_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


@routes.delete("/things/{id}")
async def delete_thing(request: web.Request) -> None:
    """Remove a thing."""


@routes.get("/broken", public=True)
async def broken(request: web.Request) -> Thing:
    """Fail as no one foresaw."""
    raise RuntimeError("the password is hunter2")


@routes.get("/broken-stream", public=True)
async def broken_stream(request: web.Request) -> web.StreamResponse:
    """Fail after the response has begun."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"beginning")
    raise RuntimeError("too late")


@routes.get("/echo")
async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send back what comes."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


@routes.get("/picture", media_type="image/webp")
async def picture(request: web.Request) -> web.Response:
    """A picture."""
    return web.Response(body=b"RIFF", content_type="image/webp")


class InMemory:
    """An `Authenticator` with one person."""

    async def by_cookie(self, secret: str) -> Proof | None:
        return Proof(self._principal(Via.COOKIE), CSRF) if secret == COOKIE_SECRET else None

    async def by_token(self, secret: str) -> Proof | None:
        if secret not in {"full", "read"}:
            return None
        return Proof(self._principal(Via.TOKEN), None, may_write=secret == "full")

    def _principal(self, via: Via) -> Principal:
        return Principal(UserId("u1"), "marie", is_admin=False, sign_in="browser:1", via=via)


def own_origin(client: Client) -> str:
    return f"http://127.0.0.1:{client.port}"


def signed_in(client: Client) -> dict[str, str]:
    """What a browser with a session of ours sends with a write."""
    return {
        "Cookie": f"beamdesk_session={COOKIE_SECRET}",
        "Origin": own_origin(client),
        "X-CSRF-Token": CSRF,
    }
