"""The way in that a fresh server prints."""

from pathlib import Path

import pytest

from beamdesk.gateway.config.settings import ServerSettings, Settings
from beamdesk.gateway.portal.accounts import first_start
from beamdesk.gateway.portal.accounts.first_start import (
    forget_address,
    framed_link,
    local_address,
    local_name,
    note_address,
    site_address,
    welcome,
)
from beamdesk.gateway.portal.accounts.service import Accounts


async def test_each_start_gives_the_same_admin_a_fresh_link(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_start, "local_name", lambda: "operator")
    first, link = await welcome(accounts)
    again, other = await welcome(accounts)
    assert first == again
    assert (first.name, first.is_admin) == ("operator", True)
    assert link != other
    for secret in (link, other):
        assert (await accounts.sign_in(secret, browser="", address="")).person.id == first.id


@pytest.mark.parametrize(("user", "name"), [("marie", "marie"), ("DOMAIN\\marie", "admin"), ("", "admin")])
def test_the_admin_is_called_like_the_system_s_user_where_that_is_a_name(
    monkeypatch: pytest.MonkeyPatch, user: str, name: str
) -> None:
    monkeypatch.setattr(first_start.getpass, "getuser", lambda: user)
    assert local_name() == name


def test_a_user_without_a_name_is_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(first_start.getpass, "getuser", unknown)
    assert local_name() == "admin"


def test_the_link_stands_alone_on_its_line() -> None:
    text = framed_link("http://127.0.0.1:8080", "s3cret", minutes=10)
    assert "  http://127.0.0.1:8080/sign-in#token=s3cret" in text.splitlines()
    assert "within 10 minutes" in text


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("127.0.0.1", 8080, "http://127.0.0.1:8080"),
        ("0.0.0.0", 80, "http://127.0.0.1"),
        ("::", 8080, "http://[::1]:8080"),
        ("fd00::7", 8080, "http://[fd00::7]:8080"),
        ("desk.local", 8080, "http://desk.local:8080"),
    ],
)
def test_where_this_computer_reaches_a_listening_address(host: str, port: int, address: str) -> None:
    assert local_address(host, port) == address


def test_links_lead_to_the_public_url_or_the_running_server(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data_dir=tmp_path, port=1234))
    assert site_address(settings) == "http://127.0.0.1:1234"
    note_address(tmp_path, "http://127.0.0.1:4711")
    assert site_address(settings) == "http://127.0.0.1:4711"
    public = Settings(server=ServerSettings(data_dir=tmp_path, public_url="https://desk.example.org"))
    assert site_address(public) == "https://desk.example.org"
    forget_address(tmp_path)
    forget_address(tmp_path)
    assert site_address(settings) == "http://127.0.0.1:1234"
