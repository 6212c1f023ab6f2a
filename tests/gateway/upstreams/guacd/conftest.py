"""Desktops behind guacd."""

import pytest

from beamdesk.gateway.upstreams.guacd.keepers import Keepers
from support.guacd import Guacd
from support.guacd_world import running_keepers


@pytest.fixture
async def keepers(guacd: Guacd) -> Keepers:
    async with running_keepers(guacd) as running:
        yield running
