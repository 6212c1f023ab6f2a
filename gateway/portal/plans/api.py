"""Routes of plans and of what is chosen with them."""

from aiohttp import web

from beamdesk.gateway.http.contract import Routes
from beamdesk.gateway.portal.plans.keyboards import KEYBOARDS
from beamdesk.gateway.portal.plans.model import Keyboard, Keyboards, Plans
from beamdesk.gateway.portal.plans.service import PlanCatalogue

__all__ = ["PLANS", "routes"]

PLANS = web.AppKey("PLANS", PlanCatalogue)

routes = Routes("plans")


@routes.get("/plans")
async def list_plans(request: web.Request) -> Plans:
    """What can be started, and what of it is free now."""
    return Plans(items=await request.app[PLANS].all())


@routes.get("/keyboards")
async def list_keyboards(request: web.Request) -> Keyboards:  # noqa: ARG001  (the same for everybody)
    """Keyboard layouts that a desktop can have."""
    return Keyboards(items=[Keyboard(id=layout, name=name) for layout, name in KEYBOARDS.items()])
