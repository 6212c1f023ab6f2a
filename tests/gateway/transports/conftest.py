"""The lane runs on uvloop in production and on asyncio's own loop where there is no uvloop."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from support.stream_world import StreamWorld, open_world


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def world() -> AsyncIterator[StreamWorld]:
    async with open_world() as opened:
        yield opened
