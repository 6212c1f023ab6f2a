"""Folders of machines in the hands of somebody who puts links, closed folders and rubbish into them."""

import os
import stat
from pathlib import Path

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local import LocalBroker, LocalSettings
from beamdesk.brokers.local.folders import MachineFolders
from beamdesk.brokers.local.trees import _open_folders, remove_tree
from beamdesk.brokers.protocol import MachineRef
from support.broker_conformance import create, op, spec_for
from support.local_ground import LocalGround

_REF = MachineRef("one")


@pytest.fixture
def folders(tmp_path: Path) -> MachineFolders:
    folders = MachineFolders(tmp_path / "local", tmp_path / "run", "ours")
    folders.prepare()
    return folders


@pytest.fixture
def treasure(tmp_path: Path) -> Path:
    """A file outside that nothing may touch."""
    treasure = tmp_path / "outside" / "treasure"
    treasure.parent.mkdir(mode=0o500)
    treasure.parent.chmod(0o700)
    treasure.write_text("treasure")
    treasure.parent.chmod(0o500)
    return treasure


def _nothing_is_touched(treasure: Path) -> bool:
    return treasure.read_text() == "treasure" and stat.S_IMODE(treasure.parent.stat().st_mode) == 0o500


def test_a_machine_is_made_whole(folders: MachineFolders, tmp_path: Path) -> None:
    (tmp_path / "seed" / "config").mkdir(parents=True)
    (tmp_path / "seed" / "config" / "setting").write_text("1")
    folders.make(spec_for("one"), tmp_path / "seed")
    machine = folders.find(_REF)
    assert machine is not None
    assert machine.spec == spec_for("one")
    assert (machine.home / ".config" / "setting").read_text() == "1"
    assert machine.passwords().full != machine.passwords().view_only
    assert folders.refs() == ["one"]


def test_a_link_is_no_machine(folders: MachineFolders, tmp_path: Path, treasure: Path) -> None:
    folders.make(spec_for("one"), tmp_path / "none")
    (folders.folder / "link").symlink_to(folders.folder / "one")
    (folders.folder / "away").symlink_to(treasure.parent)
    assert folders.refs() == ["one"]
    assert folders.find(MachineRef("link")) is None
    assert folders.find(MachineRef("away")) is None


def test_removing_follows_no_link(folders: MachineFolders, tmp_path: Path, treasure: Path) -> None:
    folders.make(spec_for("one"), tmp_path / "none")
    home = folders.folder / "one" / "home"
    (home / "file").symlink_to(treasure)
    (home / "folder").symlink_to(treasure.parent)
    machine = folders.find(_REF)
    assert machine is not None
    machine.runtime.symlink_to(treasure.parent)
    folders.remove(machine.folder)
    assert folders.refs() == []
    assert not machine.runtime.is_symlink()
    assert _nothing_is_touched(treasure)


def test_closed_folders_are_opened_and_links_are_not(tmp_path: Path, treasure: Path) -> None:
    top = tmp_path / "top"
    inner = top / "closed" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    (top / "closed" / "link").symlink_to(treasure.parent)
    for folder in (inner, top / "closed", top):
        folder.chmod(0o000)
    _open_folders(top)
    for folder in (top, top / "closed", inner):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert _nothing_is_touched(treasure)
    remove_tree(top)
    assert not top.exists()


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_tree(tmp_path / "nothing")


def test_a_runtime_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(PermissionError):
        MachineFolders(tmp_path / "local", shared, "ours").prepare()


def test_sockets_move_to_a_short_folder_where_the_folder_is_long(tmp_path: Path) -> None:
    short = MachineFolders(Path("/srv/beamdesk"), None, "ours")
    assert short.runtime == Path("/srv/beamdesk/ours/.run")
    deep = tmp_path / ("x" * 100)
    long = MachineFolders(deep, None, "ours")
    other = MachineFolders(deep, None, "theirs")
    assert long.runtime.parent == Path("/tmp")
    assert long.sockets_fit
    assert long.runtime != other.runtime
    assert not MachineFolders(tmp_path, deep, "ours").sockets_fit


@pytest.mark.parametrize("deployment", ["", ".", "..", "a/b", "../a", ".hidden", "a\nb", "a\0b", "x" * 200])
def test_a_deployment_that_is_no_name_is_refused(tmp_path: Path, deployment: str) -> None:
    with pytest.raises(ValueError, match="deployment"):
        MachineFolders(tmp_path, None, deployment)


@pytest.mark.desktop
async def test_desktops_run_where_the_folder_is_too_long_for_sockets(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    broker = LocalBroker("local", "ours", LocalSettings(folder=folder))
    ref = (await create(broker, "one"))[-1].ref
    [endpoint] = await broker.endpoints(ref)
    assert endpoint.unix_path is not None
    sockets = Path(endpoint.unix_path).parent
    assert sockets.parent.parent == Path("/tmp")
    await broker.close()
    assert sockets.exists()
    again = LocalBroker("local", "ours", LocalSettings(folder=folder))
    await again.delete(ref, op("delete"))
    await again.close()
    assert not sockets.parent.exists()


async def test_a_runtime_folder_that_is_too_long_is_told(tmp_path: Path) -> None:
    settings = LocalSettings(folder=tmp_path, runtime_folder=tmp_path / ("x" * 100))
    broker = LocalBroker("local", "ours", settings)
    [sockets] = [item for item in await broker.check() if item.name == "sockets"]
    assert not sockets.healthy
    assert "runtime_folder" in sockets.sentence
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    assert caught.value.reason is BrokerReason.PERMANENT
    await broker.close()


async def test_a_record_that_cannot_be_read_makes_the_listing_incomplete(ground: LocalGround) -> None:
    broker = ground.broker()
    for name, text in (
        ("torn", '{"spec": {'),
        ("odd", '{"spec": {"screen": {}}, "reboot": null}'),
        ("list", "[]"),
    ):
        (ground.settings.folder / "ours" / name).mkdir(parents=True)
        (ground.settings.folder / "ours" / name / "machine.json").write_text(text)
        snapshot = await broker.observe([MachineRef(name)])
        assert (snapshot.machines, snapshot.complete) == ((), False)
        with pytest.raises(BrokerError) as caught:
            await broker.start(MachineRef(name), op("start"))
        assert caught.value.reason is BrokerReason.PERMANENT
        await broker.delete(MachineRef(name), op("delete"))
    assert (await broker.observe(None)).complete


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where the folder should be")
    broker = LocalBroker("local", "ours", LocalSettings(folder=tmp_path / "file"))
    [folder] = [item for item in await broker.check() if item.name == "folder"]
    assert not folder.healthy
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    assert caught.value.reason is BrokerReason.TRANSIENT
    assert "file" in caught.value.detail
    await broker.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"image": "other"},
        {"flavour": "huge"},
        {"keyboard": "us; rm"},
        {"keyboard": "-option"},
        {"instance_id": "../x"},
        {"instance_id": ""},
        {"instance_id": ".hidden"},
        {"screen": spec_for("x").screen.__class__(10, 800)},
        {"screen": spec_for("x").screen.__class__(800, 100_000)},
    ],
)
async def test_what_is_not_offered_is_rejected_before_anything_is_made(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    broker = LocalBroker("local", "ours", LocalSettings(folder=tmp_path / "local"))
    with pytest.raises(BrokerError) as caught:
        await anext(broker.create(spec_for(**{"instance_id": "one", **changes}), op("a"), None))
    assert caught.value.reason is BrokerReason.REJECTED
    assert not os.path.lexists(tmp_path / "local")
    await broker.close()
