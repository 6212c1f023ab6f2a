"""What keeps `beamdesk serve` from starting, in one sentence each."""

import fcntl
import json
import socket
from pathlib import Path


def test_a_taken_port_is_1_and_leaves_no_address_behind(beamdesk, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = beamdesk("serve", "--port", str(taken.getsockname()[1]))
    assert said.code == 1
    assert "cannot start" in said.err
    assert "address already in use" in said.err.lower()
    assert said.out == ""
    assert not (tmp_path / "data/address.json").exists()


def test_a_second_gateway_on_the_same_folder_is_1(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data/beamdesk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = beamdesk("serve", "--port", "0")
    assert said.code == 1
    assert "Another Beamdesk runs" in said.err


def test_a_folder_that_cannot_be_made_is_1(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = beamdesk("serve", "--port", "0", "--data-dir", str(tmp_path / "file/data"))
    assert said.code == 1
    assert "cannot start" in said.err


def test_options_of_brokers_with_faults_are_3(beamdesk) -> None:
    said = beamdesk("serve", "--port", "0", BEAMDESK__BROKERS__LOCAL__MAX_MACHINES="none")
    assert said.code == 3
    assert "brokers.local.max_machines" in said.err


def test_a_database_server_that_is_not_there_is_4(beamdesk, tmp_path: Path) -> None:
    url = f"postgresql://u:hunter2@/n?host={tmp_path}"
    said = beamdesk("serve", "--port", "0", BEAMDESK__DATABASE__URL=url)
    assert said.code == 4
    assert "hunter2" not in said.err


def test_a_file_that_is_no_database_is_4(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/beamdesk.sqlite3").write_text("a text" * 1000)
    said = beamdesk("serve", "--port", "0")
    assert said.code == 4
    assert "not a database" in said.err
    assert (tmp_path / "data/beamdesk.sqlite3").read_text() == "a text" * 1000


def test_a_torn_address_file_is_no_obstacle(upgraded, tmp_path: Path) -> None:
    (tmp_path / "data/address.json").write_text(json.dumps({"address": 7}))
    upgraded("user", "add", "marie")
    assert "http://127.0.0.1:8080/" in upgraded("user", "link", "marie").out
