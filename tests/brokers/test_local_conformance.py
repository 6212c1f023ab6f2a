"""The local broker conforms, with real desktops."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.broker_conformance import BrokerConformance
from support.local_ground import LocalGround

pytestmark = pytest.mark.desktop


class TestLocalBroker(BrokerConformance):
    @pytest.fixture
    async def ground(self, tmp_path: Path) -> AsyncIterator[LocalGround]:
        ground = LocalGround(tmp_path)
        yield ground
        await ground.close()
