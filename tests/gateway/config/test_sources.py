"""Where values come from, and what is refused."""

import re
from pathlib import Path

import pytest

import beamdesk.gateway
from beamdesk.gateway.config.reference import effective, reference
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.config.sources import ConfigurationRefused, Loaded, load


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "beamdesk.toml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def faults(**environment: str) -> list[str]:
    with pytest.raises(ConfigurationRefused) as refusal:
        load(environment=environment)
    return refusal.value.faults


def shown(loaded: Loaded) -> dict[str, tuple[object, str]]:
    return {item.path: (item.value, item.source) for item in effective(loaded.settings, loaded.provenance)}


def test_without_anything_there_are_defaults() -> None:
    loaded = load(environment={})
    assert loaded.settings == Settings()
    assert loaded.settings.server.port == 8080
    assert {source for _, source in shown(loaded).values()} == {"default"}


def test_later_sources_win_and_say_so() -> None:
    written('[server]\nport = 1000\nhost = "::1"\ndrain_seconds = 1\n')
    loaded = load(
        environment={"BEAMDESK__SERVER__PORT": "2000", "BEAMDESK__SERVER__HOST": "::2"},
        command_line={"server.port": 3000, "server.host": None},
    )
    values = shown(loaded)
    assert values["server.port"] == (3000, "command line")
    assert values["server.host"] == ("::2", "environment BEAMDESK__SERVER__HOST")
    assert values["server.drain_seconds"] == (1.0, "beamdesk.toml")
    assert values["server.data_dir"] == ("data", "default")


def test_a_named_file_replaces_the_default_one_and_has_to_exist() -> None:
    written("[server]\nport = 1000\n")
    other = written("[server]\nport = 2000\n", "other.toml")
    assert load(file=other, environment={}).settings.server.port == 2000
    with pytest.raises(ConfigurationRefused, match=r"missing\.toml: cannot be read"):
        load(file=Path("missing.toml"), environment={})


@pytest.mark.parametrize("text", ["[server", "port == 1", "[server]\nport = 1\nport = 2\n"])
def test_what_is_no_toml_is_refused_with_the_file(text: str) -> None:
    written(text)
    assert faults()[0].startswith("beamdesk.toml: is not valid TOML")


def test_bytes_that_are_no_text_are_refused() -> None:
    Path("beamdesk.toml").write_bytes(b"\xff\xfe")
    assert faults()[0].startswith("beamdesk.toml: is not valid TOML")


def test_unknown_keys_are_refused_with_path_source_and_suggestion() -> None:
    written("[server]\nprot = 1\n[sever]\nport = 1\n[[plans]]\nid = 'a'\ncolour = 'red'\n")
    assert faults() == [
        "server.prot: there is no such key (in beamdesk.toml); did you mean server.port?",
        "plans.0.colour: there is no such key (in beamdesk.toml)",
        "sever: there is no such key (in beamdesk.toml); did you mean server?",
    ]


def test_unknown_variables_of_ours_are_refused_and_others_ignored() -> None:
    (fault,) = faults(BEAMDESK__SERVER__PROT="1", HOME="/", BEAMDESKTOP="x")
    assert fault == (
        "server.prot: there is no such key (in environment BEAMDESK__SERVER__PROT); did you mean server.port?"
    )
    assert faults(BEAMDESK__="1")
    assert faults(BEAMDESK__SERVER="1")
    assert faults(BEAMDESK__SERVER__PORT__X="1")


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("BEAMDESK__SERVER__PORT", "many", "server.port"),
        ("BEAMDESK__SERVER__PORT", "65536", "server.port"),
        ("BEAMDESK__STREAMS__TICKET_SECONDS", "31", "streams.ticket_seconds"),
        ("BEAMDESK__STREAMS__TICKET_SECONDS", "0", "streams.ticket_seconds"),
        ("BEAMDESK__STREAMS__HEARTBEAT_SECONDS", "nan", "streams.heartbeat_seconds"),
        ("BEAMDESK__SIGN_IN__LINK_SECONDS", "inf", "sign_in.link_seconds"),
        ("BEAMDESK__LOGS__FORMAT", "xml", "logs.format"),
        ("BEAMDESK__SERVER__PUBLIC_URL", "desk.example.org", "server.public_url"),
        ("BEAMDESK__SERVER__PUBLIC_URL", "https://desk.example.org/portal", "server.public_url"),
        ("BEAMDESK__SERVER__PUBLIC_URL", "https://u:p@desk.example.org", "server.public_url"),
        ("BEAMDESK__SERVER__ALLOWED_ORIGINS", "*", "server.allowed_origins"),
        ("BEAMDESK__SERVER__TRUSTED_PROXIES", "10.0.0.1/8", "server.trusted_proxies"),
        ("BEAMDESK__SERVER__ALLOWED_HOSTS", "[1", "server.allowed_hosts"),
        ("BEAMDESK__BROKERS__LOCAL__KIND", "No Such", "brokers.local.kind"),
    ],
)
def test_wrong_values_are_refused_with_path_and_source(name: str, value: str, path: str) -> None:
    (fault, *_) = faults(**{name: value})
    assert fault.startswith(f"{path}: ")
    assert "u:p" not in fault


def test_all_faults_are_told_at_once() -> None:
    written("[server]\nport = 'x'\n[logs]\nlevel = 'loud'\n")
    assert len(faults(BEAMDESK__STREAMS__TICKET_SECONDS="99")) == 3


def test_text_of_variables_becomes_what_the_field_is() -> None:
    settings = load(
        environment={
            "BEAMDESK__SERVER__ALLOWED_HOSTS": "a.example, b.example",
            "BEAMDESK__SERVER__ALLOWED_ORIGINS": '["https://a.example"]',
            "BEAMDESK__THUMBNAILS__ENABLED": "false",
            "BEAMDESK__BROKERS__SITE_A__KIND": "local",
            "BEAMDESK__BROKERS__SITE_A__MAX_MACHINES": "3",
            "BEAMDESK__BROKERS__SITE_A__LABEL": "three",
            "BEAMDESK__PLANS": '[{"id": "big", "broker": "site_a", "cpus": 8}]',
        }
    ).settings
    assert settings.server.allowed_hosts == ("a.example", "b.example")
    assert settings.server.allowed_origins == ("https://a.example",)
    assert settings.thumbnails.enabled is False
    assert settings.brokers["site_a"].options == {"max_machines": 3, "label": "three"}
    assert [(plan.id, plan.cpus) for plan in settings.plans] == [("big", 8)]


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert load(environment={"BEAMDESK__SERVER__PORT": "", "BEAMDESK__NO__SUCH": ""}).settings == Settings()


def test_secrets_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://u:hunter2@h/n\n")
    (tmp_path / "key").write_text("hunter3\r\n")
    loaded = load(
        environment={
            "BEAMDESK__DATABASE__URL__FILE": str(tmp_path / "url"),
            "BEAMDESK__BROKERS__LOCAL__ANYTHING__FILE": str(tmp_path / "key"),
            "BEAMDESK__BROKERS__LOCAL__API_TOKEN": "hunter4",
            "BEAMDESK__BROKERS__LOCAL__NESTED": '{"password": "hunter5", "user": "marie"}',
        }
    )
    assert loaded.settings.database_url == "postgresql://u:hunter2@h/n"
    assert loaded.settings.brokers["local"].options["anything"] == "hunter3"
    values = shown(loaded)
    assert values["database.url"] == ("********", "secret file of BEAMDESK__DATABASE__URL__FILE")
    assert values["brokers.local.nested"][0] == {"password": "********", "user": "marie"}
    for text in (str(values), repr(loaded), repr(loaded.settings.database)):
        assert "hunter2" not in text
    assert not [number for number in "345" if f"hunter{number}" in str(values)]


def test_a_secret_that_cannot_be_read_or_is_set_twice_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(BEAMDESK__DATABASE__URL__FILE=str(tmp_path / "missing"))
    assert fault.startswith("database.url: BEAMDESK__DATABASE__URL__FILE names a file that cannot be read")
    (tmp_path / "url").write_text("x")
    (fault,) = faults(
        BEAMDESK__DATABASE__URL__FILE=str(tmp_path / "url"), BEAMDESK__DATABASE__URL="sqlite:////x"
    )
    assert "set by both" in fault


def test_a_list_of_a_later_source_replaces_the_earlier_one() -> None:
    written("[[plans]]\nid = 'a'\n[[plans]]\nid = 'b'\n")
    loaded = load(environment={"BEAMDESK__PLANS": '[{"id": "c"}]'})
    assert [plan.id for plan in loaded.settings.plans] == ["c"]
    assert shown(loaded)["plans.0.id"] == ("c", "environment BEAMDESK__PLANS")


def test_plans_have_ids_of_their_own_and_brokers_that_exist() -> None:
    written("[[plans]]\nid = 'a'\n[[plans]]\nid = 'a'\n")
    assert faults() == ["plans: the id 'a' is used twice"]
    written("[[plans]]\nid = 'a'\nbroker = 'cloud'\n")
    assert faults() == ["plans: 'a' names the broker 'cloud', which is not configured"]


def test_the_embedded_database_is_in_the_data_folder_whatever_it_is_called() -> None:
    from beamdesk.gateway.storage.database import Database  # noqa: PLC0415  (slow, and needed here only)

    folder = Path("a folder?with%41odd #names").resolve()
    settings = load(environment={}, command_line={"server.data_dir": folder}).settings
    assert Database(settings.database_url).path == folder / "beamdesk.sqlite3"


def test_settings_cannot_be_changed() -> None:
    settings = Settings()
    with pytest.raises(Exception, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]


def test_every_field_has_a_default_and_a_meaning() -> None:
    for line in reference().splitlines():
        if line.startswith("| `"):
            *_, meaning, _ = line.split("|")
            assert meaning.strip().endswith("."), line
    page = reference()
    for item in effective(Settings(), {}):
        assert f"`{item.path.rpartition('.')[2]}`" in page


def test_every_setting_is_read_by_somebody() -> None:
    """What can be configured has an effect."""
    gateway = Path(beamdesk.gateway.__file__).parent
    code = "".join(path.read_text() for path in gateway.rglob("*.py") if "config" not in path.parts)
    unread = [
        item.path
        for item in effective(Settings(), {})
        if not re.search(rf"\.{item.path.rpartition('.')[2]}\b", code) and item.path != "database.url"
    ]
    assert unread == []


def test_every_quantity_has_a_unit() -> None:
    suffixes = {"seconds": "seconds", "bytes": "bytes", "width": "pixels", "height": "pixels"}
    for item in effective(Settings(), {}):
        for suffix, unit in suffixes.items():
            if item.path.endswith(suffix):
                assert item.unit == unit, item.path
