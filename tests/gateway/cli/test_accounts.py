"""`beamdesk user …`, `beamdesk token …`, `beamdesk instance …`."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from beamdesk.gateway.clock import SystemClock
from beamdesk.gateway.config.settings import SignInSettings
from beamdesk.gateway.portal.accounts.service import Accounts, SignedIn
from beamdesk.gateway.storage import Database


def test_add_prints_a_link_that_signs_in(upgraded, tmp_path: Path) -> None:
    said = upgraded("user", "add", "marie", "--admin", "--display-name", "Marie Curie")
    assert said.code == 0
    found = re.search(r"http://127\.0\.0\.1:8080/sign-in#token=(\S+)", said.out)
    assert found
    begun = asyncio.run(sign_in(tmp_path / "data/beamdesk.sqlite3", found[1]))
    assert (begun.person.name, begun.person.display_name, begun.person.is_admin) == (
        "marie",
        "Marie Curie",
        True,
    )


async def sign_in(path: Path, secret: str) -> SignedIn:
    """As the running server does."""
    database = Database(f"sqlite:///{path}")
    try:
        accounts = Accounts(database, SignInSettings(), SystemClock(), lambda _: None)
        return await accounts.sign_in(secret, browser="", address="")
    finally:
        await database.close()


def test_the_link_leads_to_where_the_server_is_reached(upgraded, tmp_path: Path) -> None:
    upgraded("user", "add", "marie")
    public = upgraded("user", "link", "marie", BEAMDESK__SERVER__PUBLIC_URL="https://desk.example.org")
    assert "https://desk.example.org/sign-in#token=" in public.out
    configured = upgraded(
        "user", "link", "marie", BEAMDESK__SERVER__HOST="0.0.0.0", BEAMDESK__SERVER__PORT="80"
    )
    assert "http://127.0.0.1/sign-in#token=" in configured.out
    (tmp_path / "data/address.json").write_text(json.dumps({"address": "http://127.0.0.1:4711"}))
    running = upgraded("user", "link", "marie", "--json")
    assert running.json["sign_in_link"].startswith("http://127.0.0.1:4711/sign-in#token=")
    (tmp_path / "data/address.json").write_text("torn")
    assert ":8080/" in upgraded("user", "link", "marie").out


def test_people_are_listed_and_names_are_taken_once(upgraded) -> None:
    upgraded("user", "add", "marie")
    again = upgraded("user", "add", "marie")
    assert again.code == 1
    assert "already" in again.err
    assert upgraded("user", "add", "no name").code == 1
    assert upgraded("user", "link", "pierre").code == 5
    people = upgraded("user", "list", "--json").json
    assert [person["name"] for person in people] == ["marie"]
    assert "marie" in upgraded("user", "list").out


def test_a_name_with_markup_is_shown_as_it_is(upgraded) -> None:
    upgraded("user", "add", "marie", "--display-name", "[red]Marie[/red]")
    assert "[red]Marie[/red]" in upgraded("user", "list").out


def test_tokens_are_made_listed_and_revoked(upgraded) -> None:
    upgraded("user", "add", "marie")
    made = upgraded(
        "token", "create", "laptop", "--user", "marie", "--days", "7", "--scope", "read", "--json"
    )
    assert made.json["token"].startswith("bdk_")
    plain = upgraded("token", "create", "desktop", "--user", "marie")
    assert re.fullmatch(r"bdk_[\w-]{43}\n", plain.out)
    listed = upgraded("token", "list", "--user", "marie", "--json")
    assert {token["name"] for token in listed.json} == {"laptop", "desktop"}
    assert "bdk_" not in listed.out
    assert upgraded("token", "revoke", made.json["id"], "--user", "marie").code == 0
    assert upgraded("token", "revoke", made.json["id"], "--user", "marie").code == 5
    assert len(upgraded("token", "list", "--user", "marie", "--json").json) == 1


def test_tokens_of_nobody_and_tokens_that_live_too_long_are_refused(upgraded) -> None:
    assert upgraded("token", "create", "x", "--user", "nobody").code == 5
    upgraded("user", "add", "marie")
    assert upgraded("token", "create", "x", "--user", "marie", "--days", "1000").code == 1
    assert upgraded("token", "create", "x", "--user", "marie", "--days", "0").code == 2
    assert upgraded("token", "create", "", "--user", "marie").code == 2


@pytest.mark.parametrize("arguments", [("instance", "list")])
def test_no_instances_are_an_empty_list(upgraded, arguments: tuple[str, ...]) -> None:
    assert upgraded(*arguments, "--json").json == []
    assert upgraded(*arguments).code == 0
