"""Imports every table, so that `Base.metadata` is whole. Only migrations and tests need this module."""

from beamdesk.gateway.portal.accounts import store as accounts
from beamdesk.gateway.portal.instances import history, idempotency
from beamdesk.gateway.portal.instances import store as instances
from beamdesk.gateway.portal.plans import store as plans
from beamdesk.gateway.portal.tickets import store as tickets
from beamdesk.gateway.storage.base import Base

__all__ = ["Base", "accounts", "history", "idempotency", "instances", "plans", "tickets"]
