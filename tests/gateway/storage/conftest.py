"""Fixtures of the storage tests."""

from collections.abc import AsyncIterator

import pytest

from beamdesk.gateway.storage import Database


@pytest.fixture
async def empty_database(empty_database_url: str) -> AsyncIterator[Database]:
    """A database without tables."""
    opened = Database(empty_database_url)
    yield opened
    await opened.close()
