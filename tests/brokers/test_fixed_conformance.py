"""The fixed broker conforms, with real VNC servers for machines."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.broker_conformance import BrokerConformance
from support.fixed_ground import FixedGround, LabMachine, lab

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[LabMachine]]:
    with lab(tmp_path_factory.mktemp("shared-lab")) as running:
        yield running


class TestFixedBroker(BrokerConformance):
    @pytest.fixture
    async def ground(self, tmp_path: Path, machines: list[LabMachine]) -> AsyncIterator[FixedGround]:
        ground = FixedGround(tmp_path, machines)
        yield ground
        await ground.close()
