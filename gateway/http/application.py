"""The web application with everything that must stand around the handlers, in the one right order."""

from collections.abc import Sequence

from aiohttp import web
from pydantic import BaseModel

from beamdesk.gateway.config.settings import ServerSettings
from beamdesk.gateway.http.authentication import Authenticator, authentication
from beamdesk.gateway.http.contract import API_PREFIX, Routes, mount
from beamdesk.gateway.http.cookies import SessionCookie
from beamdesk.gateway.http.health import Readiness, add_health_routes
from beamdesk.gateway.http.openapi import describe
from beamdesk.gateway.http.problems import answer_problems
from beamdesk.gateway.http.requests import headers_for, name_request
from beamdesk.gateway.http.site import Site, guard

__all__ = ["BODY_LIMIT", "COOKIE", "SITE", "new_application"]

BODY_LIMIT = 1024 * 1024
"""Bytes of a request's body. The largest thing that people send is a comment of 2500 characters."""

SITE = web.AppKey("SITE", Site)
COOKIE = web.AppKey("COOKIE", SessionCookie)


def new_application(
    *,
    server: ServerSettings,
    authenticator: Authenticator,
    readiness: Readiness,
    groups: Sequence[Routes],
    event_models: Sequence[type[BaseModel]] = (),
) -> web.Application:
    """An application that answers the API, its description and the health checks.

    The caller adds streams, its services (`app[KEY] = …`) and, last of all, the web UI
    (`add_ui_routes`). *event_models* are described beside the API: what `/api/v1/events` sends.
    """
    site = Site.of(server)
    cookie = SessionCookie(secure=site.is_secure)
    app = web.Application(
        client_max_size=BODY_LIMIT,
        middlewares=[
            # Outermost first. The name comes before anything can fail, problems before anything may raise
            # one, the guard before a foreign page's request costs a query.
            name_request,
            answer_problems,
            guard(site),
            authentication(authenticator, cookie),
        ],
    )
    app.on_response_prepare.append(headers_for(secure=site.is_secure))
    app[SITE] = site
    app[COOKIE] = cookie
    add_health_routes(app, readiness)
    mount(app, *groups)
    document = describe(groups, event_models).encode()

    async def description(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json", charset="utf-8")

    app.router.add_get(f"{API_PREFIX}/openapi.json", description)
    return app
