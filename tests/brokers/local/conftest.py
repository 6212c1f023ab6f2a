"""A ground of real desktops for tests that look inside them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.local_ground import LocalGround


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[LocalGround]:
    ground = LocalGround(tmp_path)
    yield ground
    await ground.close()
