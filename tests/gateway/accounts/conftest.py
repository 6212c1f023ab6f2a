"""Accounts on both databases, and their API over HTTP."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from beamdesk.gateway.config.settings import ServerSettings, SignInSettings
from beamdesk.gateway.http.application import new_application
from beamdesk.gateway.http.health import Readiness
from beamdesk.gateway.portal.accounts import api
from beamdesk.gateway.portal.accounts.people import Person
from beamdesk.gateway.portal.accounts.service import Accounts
from beamdesk.gateway.storage import Database
from support.manual_clock import ManualClock

SETTINGS = SignInSettings(
    link_seconds=600, idle_seconds=3600, longest_seconds=86400, token_seconds=30 * 86400
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ended() -> list[str]:
    """The sign-ins whose end was reported."""
    return []


@pytest.fixture
def accounts(database: Database, clock: ManualClock, ended: list[str]) -> Accounts:
    return Accounts(database, SETTINGS, clock, ended.append)


@pytest.fixture
async def marie(accounts: Accounts) -> Person:
    return await accounts.people.add("marie", display_name="Marie Skłodowska Curie", is_admin=True)


@pytest.fixture
async def pierre(accounts: Accounts) -> Person:
    return await accounts.people.add("pierre")


@pytest.fixture
async def client(accounts: Accounts) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """A browser without a session."""
    app = new_application(
        server=ServerSettings(), authenticator=accounts, readiness=Readiness({}), groups=[api.routes]
    )
    app[api.ACCOUNTS] = accounts
    app[api.INSTANCE_LIMIT] = 3
    browser: TestClient[web.Request, web.Application] = TestClient(TestServer(app))
    await browser.start_server()
    yield browser
    await browser.close()
