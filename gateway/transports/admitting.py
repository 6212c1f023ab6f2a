"""What is settled until a WebSocket is there: sub-protocol, ticket, and the upgrade itself."""

from typing import Final

import structlog
from aiohttp import hdrs, web

from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.sessions.registry import SessionRegistry
from beamdesk.gateway.tickets import Stream, Ticket, TicketOffice, TicketRefused

__all__ = ["check_upgrade", "redeem", "upgraded"]

_ORIGIN_REFUSAL: Final = "origin"

_log = structlog.stdlib.get_logger(__name__)


def check_upgrade(request: web.Request, subprotocol: str, sessions: SessionRegistry) -> None:
    """Raises `Problem` unless *request* asks for a WebSocket with *subprotocol*, at a time when it may."""
    if request.headers.get(hdrs.UPGRADE, "").strip().lower() != "websocket":
        raise Problem(
            426, "no-websocket", "This address speaks WebSocket only.", headers={hdrs.UPGRADE: "websocket"}
        )
    offered = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, []))
    if subprotocol not in (name.strip() for name in offered.split(",")):
        raise Problem(400, "subprotocol", f"Ask for the WebSocket sub-protocol '{subprotocol}'.")
    if sessions.is_draining:
        raise Problem(503, "draining", "The gateway is restarting.", headers={hdrs.RETRY_AFTER: "5"})


async def redeem(request: web.Request, office: TicketOffice, stream: Stream) -> Ticket:
    """Use up the ticket in the query; raises `Problem`. It goes nowhere else, least of all to a log."""
    secrets = request.query.getall("ticket", [])
    if len(secrets) != 1 or not secrets[0]:
        raise Problem(401, "no-ticket", "Opening a stream takes one ticket.")
    try:
        return await office.redeem(secrets[0], stream, request.headers.get(hdrs.ORIGIN))
    except TicketRefused as refused:
        _log.info("ticket refused", reason=refused.reason, stream=stream)
        if refused.reason == _ORIGIN_REFUSAL:
            raise Problem.forbidden(
                "foreign-origin", "This ticket was given to a page of another site."
            ) from None
        raise Problem(
            401, "ticket-refused", "This ticket opens nothing: it is unknown, used or too old."
        ) from None


async def upgraded(request: web.Request, websocket: web.WebSocketResponse) -> bool:
    """Finish the upgrade; False if the browser left while its ticket was looked at."""
    try:
        await websocket.prepare(request)
    except ConnectionError:
        return False
    return True
