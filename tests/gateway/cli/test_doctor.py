"""`beamdesk doctor` and `beamdesk broker check`."""

import socket
from pathlib import Path


def items(said) -> dict[str, dict[str, object]]:
    return {item["name"]: item for item in said.json}


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_doctor_looks_at_everything_and_changes_nothing(beamdesk, tmp_path: Path) -> None:
    said = beamdesk("doctor", "--json", BEAMDESK__SERVER__PORT=free_port())
    found = items(said)
    assert {"Python", "open files", "data folder", "database", "port", "web UI"} <= set(found)
    assert any(name.startswith("broker local: ") for name in found)
    assert found["database"]["healthy"]
    assert said.code == (0 if all(item["healthy"] for item in found.values()) else 1)
    assert not (tmp_path / "data/beamdesk.sqlite3").exists()


def test_doctor_finds_a_taken_port(beamdesk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = beamdesk("doctor", "--json", BEAMDESK__SERVER__PORT=str(taken.getsockname()[1]))
    assert said.code == 1
    assert not items(said)["port"]["healthy"]


def test_doctor_finds_a_database_that_cannot_be_reached(beamdesk, tmp_path: Path) -> None:
    said = beamdesk("doctor", "--json", BEAMDESK__DATABASE__URL=f"postgresql://u:hunter2@/n?host={tmp_path}")
    assert said.code == 1
    (found,) = (item for name, item in items(said).items() if name.startswith("database"))
    assert not found["healthy"]
    assert "hunter2" not in said.out


def test_brokers_are_checked_by_name(beamdesk) -> None:
    said = beamdesk("broker", "check", "local", "--json")
    assert {item["broker"] for item in said.json} == {"local"}
    assert said.code == (0 if all(item["healthy"] for item in said.json) else 1)
    assert beamdesk("broker", "check", "nebula").code == 5
