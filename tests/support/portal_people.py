"""A portal over HTTP, and three people who use it."""

from collections.abc import AsyncIterator

import pytest

from beamdesk.gateway.storage.database import Database
from support.portal_app import Caller, Portal, open_portal


@pytest.fixture
async def portal(database: Database) -> AsyncIterator[Portal]:
    async with open_portal(database) as opened:
        yield opened


@pytest.fixture
async def marie(portal: Portal) -> Caller:
    return await portal.person("marie")


@pytest.fixture
async def pierre(portal: Portal) -> Caller:
    return await portal.person("pierre")


@pytest.fixture
async def root(portal: Portal) -> Caller:
    return await portal.person("root", is_admin=True)
