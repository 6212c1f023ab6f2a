"""The route of tickets."""

from aiohttp import hdrs, web

from beamdesk.gateway.http.contract import Routes
from beamdesk.gateway.http.principal import principal_of
from beamdesk.gateway.portal.instances.api import instance_id_of
from beamdesk.gateway.portal.tickets.model import IssuedTicket, NewTicket
from beamdesk.gateway.portal.tickets.service import Tickets

__all__ = ["TICKETS", "routes"]

TICKETS = web.AppKey("TICKETS", Tickets)

routes = Routes("tickets")


@routes.post("/instances/{id}/tickets")
async def create_ticket(request: web.Request, body: NewTicket) -> IssuedTicket:
    """Get the right to open one stream of an instance, once and soon.

    It can be used from pages of the origin that asks; rights are checked again when it is used.
    """
    return await request.app[TICKETS].issue(
        principal_of(request), instance_id_of(request), body, origin=request.headers.get(hdrs.ORIGIN)
    )
