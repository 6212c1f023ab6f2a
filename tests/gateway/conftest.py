"""Real desktops for the tests of the stream plane."""

from collections.abc import Iterator

import pytest

from beamdesk.gateway.tickets import Target
from support.xtigervnc import Xtigervnc


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xtigervnc]:
    """A desktop that lets everybody in, on a unix socket."""
    with Xtigervnc(tmp_path_factory.mktemp("shared-desktop"), "-SecurityTypes", "None") as started:
        yield started


@pytest.fixture
def target(desktop: Xtigervnc) -> Target:
    return Target(unix_path=str(desktop.path))
