"""Brokers from plug-ins."""

from pathlib import Path

import pytest

from beamdesk.gateway.config.settings import BrokerSettings, ServerSettings, Settings
from beamdesk.gateway.plugins import PluginRefused, load_brokers, option_faults


def settings(data_dir: Path, **brokers: BrokerSettings) -> Settings:
    return Settings(server=ServerSettings(data_dir=data_dir), brokers={"local": BrokerSettings(), **brokers})


async def test_brokers_are_made_by_name_with_folders_of_their_own(tmp_path: Path) -> None:
    configured = settings(tmp_path, second=BrokerSettings(kind="local"))
    brokers = load_brokers(configured)
    assert {name: broker.name for name, broker in brokers.items()} == {"local": "local", "second": "second"}
    checks = [await broker.check() for broker in brokers.values()]
    folders = [item.sentence for items in checks for item in items if item.name == "folder"]
    assert str(tmp_path / "brokers/local") in folders[0]
    assert str(tmp_path / "brokers/second") in folders[1]
    for broker in brokers.values():
        await broker.close()


def test_faults_of_all_brokers_are_told_with_their_paths(tmp_path: Path) -> None:
    configured = settings(
        tmp_path,
        a=BrokerSettings.model_validate({"kind": "nebula"}),
        b=BrokerSettings.model_validate({"kind": "local", "max_machines": 0, "colour": "red"}),
    )
    faults = option_faults(configured)
    assert faults[0].startswith("brokers.a.kind: no broker is of kind 'nebula'; installed: ")
    assert sorted(fault.partition(":")[0] for fault in faults[1:]) == [
        "brokers.b.colour",
        "brokers.b.max_machines",
    ]
    with pytest.raises(PluginRefused) as refusal:
        load_brokers(configured)
    assert refusal.value.faults == faults
