"""`beamdesk config …`."""

from pathlib import Path


def test_show_tells_values_and_where_they_come_from(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "beamdesk.toml").write_text(
        "[server]\nport = 9000\n[database]\nurl = 'postgresql://u:hunter2@h/n'\n"
    )
    said = beamdesk("config", "show", "--json", BEAMDESK__LOGS__LEVEL="error")
    assert said.code == 0
    assert said.json["server.port"] == {"value": 9000, "unit": None, "source": "beamdesk.toml"}
    assert said.json["logs.level"]["source"] == "environment BEAMDESK__LOGS__LEVEL"
    assert said.json["server.host"]["source"] == "default"
    assert said.json["database.url"]["value"] == "********"
    changed = beamdesk("config", "show", "--changed")
    assert "hunter2" not in said.out + changed.out
    assert [line.split()[0] for line in changed.out.splitlines()] == ["key", "server.port", "database.url"]


def test_a_file_that_is_named_is_read(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[server]\nport = 9001\n")
    said = beamdesk("config", "show", "--json", "--config", "other.toml")
    assert said.json["server.port"]["value"] == 9001


def test_check_says_that_all_is_well(beamdesk) -> None:
    said = beamdesk("config", "check")
    assert (said.code, said.out) == (0, "The configuration is good.\n")


def test_faults_are_3_and_all_told(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "beamdesk.toml").write_text("[server]\nprot = 1\n")
    for arguments in (("config", "check"), ("config", "show"), ("db", "check"), ("doctor",)):
        said = beamdesk(*arguments, BEAMDESK__LOGS__FORMAT="xml")
        assert said.code == 3
        assert "server.prot: there is no such key (in beamdesk.toml); did you mean server.port?" in said.err
        assert "logs.format" in said.err
        assert said.out == ""


def test_options_of_brokers_are_checked_too(beamdesk) -> None:
    unknown = beamdesk("config", "check", BEAMDESK__BROKERS__LOCAL__MAX_MASHINES="3")
    assert unknown.code == 3
    assert "brokers.local.max_mashines: there is no such option" in unknown.err
    missing = beamdesk("config", "check", BEAMDESK__BROKERS__LOCAL__KIND="nebula")
    assert missing.code == 3
    assert "brokers.local.kind: no broker is of kind 'nebula'" in missing.err


def test_the_reference_is_a_page(beamdesk) -> None:
    said = beamdesk("config", "reference")
    assert said.out.startswith("# Configuration\n")
    assert "| `ticket_seconds` | `30` | seconds |" in said.out


def test_secrets_of_brokers_are_masked_however_deep_they_are(beamdesk, tmp_path: Path) -> None:
    (tmp_path / "beamdesk.toml").write_text(
        "[brokers.local]\n[brokers.lab]\nkind = 'fixed'\n"
        "[[brokers.lab.machines]]\nname = 'lab-1'\naddress = '127.0.0.1'\n"
        "endpoints = [{ protocol = 'rdp', username = 'ada', password = 'hunter2' }]\n"
    )
    for arguments in ((), ("--json",), ("--changed",)):
        said = beamdesk("config", "show", *arguments)
        assert said.code == 0
        assert "hunter2" not in said.out
        assert "ada" in said.out
