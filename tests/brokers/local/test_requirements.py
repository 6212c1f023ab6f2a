"""What is missing is named with the Debian package that brings it."""

from pathlib import Path

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local import DesktopKind, LocalBroker, LocalSettings, light, xfce
from beamdesk.brokers.local.plans import choose_desktop
from support.broker_conformance import create


def _computer(folder: Path, *programs: str) -> dict[str, str]:
    """An environment in which only these programs are installed."""
    folder.mkdir()
    for name in programs:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


_LIGHT = [program.name for program in light.NEEDED]
_XFCE = [program.name for program in xfce.NEEDED]


@pytest.mark.parametrize(
    ("installed", "packages"),
    [
        ([], ["tigervnc-standalone-server", "x11-xkb-utils", ["openbox", "tint2"][0]]),
        (["Xtigervnc", "setxkbmap", "xkbcomp"], ["lxterminal", "mousepad", "openbox", "pcmanfm", "tint2"]),
        (["setxkbmap", "xkbcomp", *_LIGHT], ["tigervnc-standalone-server"]),
        (["Xtigervnc", *_LIGHT], ["x11-xkb-utils"]),
    ],
)
async def test_missing_packages_are_named(tmp_path: Path, installed: list[str], packages: list[str]) -> None:
    environment = _computer(tmp_path / "bin", *installed)
    broker = LocalBroker("local", "ours", LocalSettings(folder=tmp_path / "local", environment=environment))
    said = " ".join(item.sentence for item in await broker.check() if not item.healthy)
    await broker.close()
    for package in packages:
        assert package in said
    assert said.count("apt-get install") >= 1


async def test_a_create_without_programs_says_what_to_install(tmp_path: Path) -> None:
    environment = _computer(tmp_path / "bin")
    broker = LocalBroker("local", "ours", LocalSettings(folder=tmp_path / "local", environment=environment))
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    await broker.close()
    assert caught.value.reason is BrokerReason.PERMANENT
    assert "tigervnc-standalone-server" in caught.value.detail


@pytest.mark.parametrize(
    ("kind", "installed", "expected"),
    [
        (DesktopKind.AUTO, [*_LIGHT, *_XFCE], xfce),
        (DesktopKind.AUTO, [*_LIGHT, "xfce4-session"], light),
        (DesktopKind.AUTO, [], light),
        (DesktopKind.LIGHT, [*_LIGHT, *_XFCE], light),
        (DesktopKind.XFCE, [], xfce),
    ],
)
def test_what_is_installed_decides(
    tmp_path: Path, kind: DesktopKind, installed: list[str], expected: object
) -> None:
    assert choose_desktop(kind, _computer(tmp_path / "bin", *installed)) is expected
