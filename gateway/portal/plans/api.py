"""Routes of plans and of what is chosen with them."""

from aiohttp import web

from beamdesk.gateway.http.contract import Routes
from beamdesk.gateway.portal.plans.keyboards import KEYBOARDS
from beamdesk.gateway.portal.plans.model import Keyboard, KeyboardList, PlanList
from beamdesk.gateway.portal.plans.service import PlanCatalogue

__all__ = ["PLANS", "routes"]

PLANS = web.AppKey("PLANS", PlanCatalogue)

routes = Routes("plans")


@routes.get("/plans")
async def list_plans(request: web.Request) -> PlanList:
    """What can be started, and what of it is free now."""
    return PlanList(items=await request.app[PLANS].all())


@routes.get("/keyboards")
async def list_keyboards(request: web.Request) -> KeyboardList:  # noqa: ARG001  (the same for everybody)
    """Keyboard layouts that a desktop can have."""
    return KeyboardList(items=[Keyboard(id=layout, name=name) for layout, name in KEYBOARDS.items()])
