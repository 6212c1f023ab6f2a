"""What every request gets: an id and a place in the metrics; and what every response carries."""

import secrets
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from beamdesk.gateway.http.metrics import observe_request

__all__ = ["REQUEST_ID", "STARTED", "headers_for", "name_request", "request_id_of"]

REQUEST_ID = web.RequestKey("REQUEST_ID", str)
STARTED = web.RequestKey("STARTED", bool)
"""Set once the response's head is on its way: nothing else can be answered any more."""

Prepare = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


@web.middleware
async def name_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: whatever is logged on behalf of this request carries its id, also by a WebSocket's handler.

    An id is never taken from outside: it could be forged to hide among another request's lines.
    """
    request_id = secrets.token_hex(8)
    request[REQUEST_ID] = request_id
    began = time.perf_counter()
    status = 500
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
            status = response.status
        finally:
            observe_request(request, status, time.perf_counter() - began)
    return response


def request_id_of(request: web.BaseRequest) -> str:
    """The id of *request*; empty for one that was too broken to reach us."""
    found: str = request.get(REQUEST_ID, "")
    return found


def headers_for(*, secure: bool) -> Prepare:
    """A hook for `on_response_prepare` that adds the security headers to every response."""

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        request[STARTED] = True
        headers = response.headers
        headers["X-Request-ID"] = request_id_of(request)
        # The library would name itself and Python with their versions.
        headers["Server"] = "Beamdesk"
        headers.setdefault("Content-Security-Policy", _content_policy(request, secure=secure))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", _PERMISSIONS)
        headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
        if secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    return add_headers


def _content_policy(request: web.Request, *, secure: bool) -> str:
    """What our pages may load. Scripts are files of ours only; styles are also set inline by the component
    library, and noVNC draws cursors and JPEG rectangles from `data:` addresses.
    """
    # 'self' covers WebSockets in new browsers only; the Host header was checked before it is repeated here.
    own_sockets = f"{'wss' if secure else 'ws'}://{request.host}" if request.host else ""
    return (
        "default-src 'self'; "
        "img-src 'self' data: blob:; "
        "font-src 'self' data:; "
        "style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self' {own_sockets}; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
