"""Imports every table, so that `Base.metadata` is whole. Only migrations and tests need this module."""

from beamdesk.gateway.portal.accounts import store as accounts
from beamdesk.gateway.storage.base import Base

__all__ = ["Base", "accounts"]
