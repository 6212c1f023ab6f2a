from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from beamdesk.brokers import registry
from beamdesk.brokers.local import LocalBroker
from beamdesk.brokers.registry import BrokerSetupError, kinds, make_broker


async def test_the_local_broker_is_found_and_gets_a_folder(tmp_path: Path) -> None:
    assert "local" in kinds()
    broker = make_broker("local", "here", "site", {"max_machines": 3}, tmp_path)
    assert isinstance(broker, LocalBroker)
    assert broker.name == "here"
    assert [offer.total for offer in await broker.offers()] == [3]
    await broker.close()


async def test_a_configured_folder_is_kept(tmp_path: Path) -> None:
    broker = make_broker("local", "here", "site", {"folder": str(tmp_path / "mine")}, tmp_path / "other")
    await broker.check()
    await broker.close()
    assert (tmp_path / "mine").is_dir()
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("kind", "deployment", "options", "words"),
    [
        ("cloudy", "site", {}, ["brokers.here.kind", "'cloudy'", "local"]),
        ("local", "site", {"colour": 1}, ["brokers.here.colour"]),
        ("local", "site", {"flavours": {"s": {"cpus": -1}}}, ["brokers.here.flavours.s.cpus"]),
        ("local", "../site", {}, ["brokers.here", "../site"]),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, kind: str, deployment: str, options: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(BrokerSetupError) as caught:
        make_broker(kind, "here", deployment, options, tmp_path)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["no.such.module:Broker"], ["cannot be loaded"]),
        (["beamdesk.brokers.local:Missing"], ["cannot be loaded"]),
        (["one:A", "two:B"], ["one:A", "two:B"]),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: list[str], words: list[str]
) -> None:
    entries = EntryPoints(EntryPoint("odd", value, registry.GROUP) for value in values)
    monkeypatch.setattr(registry, "entry_points", lambda **_: entries)
    with pytest.raises(BrokerSetupError) as caught:
        make_broker("odd", "here", "site", {}, tmp_path)
    for word in words:
        assert word in str(caught.value)
