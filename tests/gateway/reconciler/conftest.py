import pytest
from support.portal_world import World

from beamdesk.gateway.storage.database import Database


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
