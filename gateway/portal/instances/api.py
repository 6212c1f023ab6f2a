"""Routes of instances."""

import re
from typing import Literal

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field

from beamdesk.gateway.http.contract import API_PREFIX, Answer, Routes
from beamdesk.gateway.http.principal import principal_of
from beamdesk.gateway.http.problems import FieldFault, Problem
from beamdesk.gateway.portal.instances.intents import Command
from beamdesk.gateway.portal.instances.model import (
    HistoryList,
    Instance,
    InstanceChanges,
    InstanceList,
    LogLines,
    NewInstance,
)
from beamdesk.gateway.portal.instances.service import InstanceService
from beamdesk.gateway.tickets import InstanceId

__all__ = ["INSTANCES", "instance_id_of", "routes"]

INSTANCES = web.AppKey("INSTANCES", InstanceService)

IDEMPOTENCY_KEY = "Idempotency-Key"
IDEMPOTENCY_KEY_LENGTH = 255

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

routes = Routes("instances")


def instance_id_of(request: web.Request) -> InstanceId:
    """The id in the path; what cannot be one is unknown, and never reaches a database."""
    if _ID.fullmatch(found := request.match_info["id"]) is None:
        raise Problem.not_found("There is no such instance.")
    return InstanceId(found)


class ListQuery(BaseModel):
    """Whose instances."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Literal["own", "all"] = Field(default="own", description="`all` is for administrators.")


class LogQuery(BaseModel):
    """Where to go on reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: str | None = Field(default=None, max_length=1000, description="Where an earlier answer ended.")


class ThumbnailQuery(BaseModel):
    """Tells caches apart what changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: str | None = Field(default=None, max_length=100, description="The version; any gives the newest.")


@routes.post("/instances", status=202, headers=(IDEMPOTENCY_KEY,))
async def create_instance(request: web.Request, body: NewInstance) -> Answer[Instance]:
    """Ask for an instance.

    It starts as REQUESTED; how it goes on is told by its address and by `/events`. A request that is repeated
    with the same Idempotency-Key within a day starts nothing twice.
    """
    instance = await request.app[INSTANCES].create(principal_of(request), body, _idempotency_key(request))
    return Answer(instance, headers={hdrs.LOCATION: f"{API_PREFIX}/instances/{instance.id}"})


@routes.get("/instances")
async def list_instances(request: web.Request, query: ListQuery) -> InstanceList:
    """The instances of the person who asks, the newest first."""
    everybody = query.scope == "all"
    return InstanceList(items=await request.app[INSTANCES].all(principal_of(request), everybody=everybody))


@routes.get("/instances/{id}")
async def get_instance(request: web.Request) -> Instance:
    """One instance."""
    return await request.app[INSTANCES].one(principal_of(request), instance_id_of(request))


@routes.patch("/instances/{id}")
async def edit_instance(request: web.Request, body: InstanceChanges) -> Instance:
    """Change what an instance is called and what is said of it."""
    return await request.app[INSTANCES].edit(principal_of(request), instance_id_of(request), body)


@routes.delete("/instances/{id}", status=202)
async def delete_instance(request: web.Request) -> Instance:
    """Delete an instance and everything on it."""
    return await request.app[INSTANCES].command(
        principal_of(request), instance_id_of(request), Command.DELETE
    )


@routes.post("/instances/{id}/actions/start", status=202)
async def start_instance(request: web.Request) -> Instance:
    """Start a stopped instance again, or try again one that failed."""
    return await request.app[INSTANCES].command(principal_of(request), instance_id_of(request), Command.START)


@routes.post("/instances/{id}/actions/stop", status=202)
async def stop_instance(request: web.Request) -> Instance:
    """Stop an instance and keep what is on it."""
    return await request.app[INSTANCES].command(principal_of(request), instance_id_of(request), Command.STOP)


@routes.post("/instances/{id}/actions/reboot", status=202)
async def reboot_instance(request: web.Request) -> Instance:
    """Restart the machine of a running instance."""
    return await request.app[INSTANCES].command(
        principal_of(request), instance_id_of(request), Command.REBOOT
    )


@routes.get("/instances/{id}/history")
async def get_instance_history(request: web.Request) -> HistoryList:
    """Every command to an instance with its result, the newest first; also after it was deleted."""
    return HistoryList(
        items=await request.app[INSTANCES].history(principal_of(request), instance_id_of(request))
    )


@routes.get("/instances/{id}/log")
async def get_instance_log(request: web.Request, query: LogQuery) -> LogLines:
    """The machine's own log, from its beginning or from where an earlier answer ended."""
    page = await request.app[INSTANCES].log(principal_of(request), instance_id_of(request), query.cursor)
    return LogLines(lines=list(page.lines), cursor=page.cursor, more=page.more)


@routes.get("/instances/{id}/thumbnail", media_type="image/webp")
async def get_instance_thumbnail(request: web.Request, query: ThumbnailQuery) -> web.Response:
    """A small picture of the desktop."""
    version, picture = await request.app[INSTANCES].thumbnail(principal_of(request), instance_id_of(request))
    # Only an address that names this version always means this picture.
    caching = "private, max-age=3600, immutable" if query.v == version else "private, no-cache"
    response = web.Response(body=picture, content_type="image/webp", headers={hdrs.CACHE_CONTROL: caching})
    response.etag = version
    if request.if_none_match and any(tag.value in {version, "*"} for tag in request.if_none_match):
        response.set_status(304)
        response.body = None
    return response


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not (
        0 < len(key) <= IDEMPOTENCY_KEY_LENGTH and key.isascii() and key.isprintable()
    ):
        raise Problem.invalid(
            [FieldFault(pointer=IDEMPOTENCY_KEY, detail="1 to 255 printable ASCII characters are allowed.")]
        )
    return key
