import pytest

from beamdesk.gateway.storage.database import Database
from support.portal_world import World


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
