"""Lanes to look through, and the loops that they run on: uvloop in production, asyncio's own where there is
no uvloop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import uvloop

from support import guacamole_world, stream_world
from support.guacamole_world import GuacamoleWorld
from support.guacd import Guacd
from support.scripted_guacd import ScriptedGuacd, scripted_guacd
from support.stream_world import StreamWorld
from support.xrdp import Xrdp


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def world() -> AsyncIterator[StreamWorld]:
    async with stream_world.open_world() as opened:
        yield opened


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedGuacd]:
    """In guacd's place: draws something small for whoever comes, and remembers all that it is told."""
    async with scripted_guacd() as running:
        yield running


@pytest.fixture
async def scripted_lane(scripted: ScriptedGuacd) -> AsyncIterator[GuacamoleWorld]:
    async with guacamole_world.open_world(scripted.address) as opened:
        yield opened


@pytest.fixture(scope="module")
def rdp_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xrdp]:
    with Xrdp(tmp_path_factory.mktemp("shared-xrdp")) as running:
        yield running


@pytest.fixture
async def rdp_lane(guacd_with_rdp: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with guacamole_world.open_world(guacd_with_rdp) as opened:
        yield opened
