"""From a link to a browser session, and its end."""

import asyncio
import hashlib

import pytest
from sqlalchemy import text

from beamdesk.gateway.portal.accounts.credentials import csrf_token_of
from beamdesk.gateway.portal.accounts.links import link_address
from beamdesk.gateway.portal.accounts.methods import SignInRefused
from beamdesk.gateway.portal.accounts.people import Person
from beamdesk.gateway.portal.accounts.service import Accounts, SignedIn, TooManyAttempts
from beamdesk.gateway.storage import Database
from support.manual_clock import ManualClock


async def sign_in(accounts: Accounts, person: Person, **rest: str) -> SignedIn:
    link = await accounts.links.issue(person.id)
    return await accounts.sign_in(link, browser="Firefox", address="192.0.2.1", **rest)


async def test_a_link_signs_its_person_in(accounts: Accounts, marie: Person) -> None:
    begun = await sign_in(accounts, marie)
    assert begun.person.id == marie.id
    proof = await accounts.by_cookie(begun.secret)
    assert proof is not None
    assert (proof.principal.user_id, proof.principal.name) == (marie.id, "marie")
    assert proof.principal.is_admin
    assert proof.csrf_token == begun.csrf_token == csrf_token_of(begun.secret)
    assert await accounts.is_signed_in(proof.principal.sign_in)
    found = await accounts.people.by_id(marie.id)
    assert found is not None
    assert found.last_sign_in_at is not None


async def test_a_link_works_once(accounts: Accounts, marie: Person) -> None:
    link = await accounts.links.issue(marie.id)
    await accounts.sign_in(link, browser="", address="")
    with pytest.raises(SignInRefused):
        await accounts.sign_in(link, browser="", address="")


async def test_of_two_who_use_a_link_at_once_one_wins(accounts: Accounts, marie: Person) -> None:
    for _ in range(5):
        link = await accounts.links.issue(marie.id)
        made = await asyncio.gather(
            *(accounts.sign_in(link, browser="", address=f"192.0.2.{n}") for n in range(4)),
            return_exceptions=True,
        )
        assert sum(isinstance(item, SignedIn) for item in made) == 1
        assert sum(isinstance(item, SignInRefused) for item in made) == 3


async def test_a_link_works_until_its_last_second(
    accounts: Accounts, marie: Person, clock: ManualClock
) -> None:
    link, late = await accounts.links.issue(marie.id), await accounts.links.issue(marie.id)
    clock.advance(599)
    await accounts.sign_in(link, browser="", address="")
    clock.advance(1)
    with pytest.raises(SignInRefused):
        await accounts.sign_in(late, browser="", address="")


@pytest.mark.parametrize("credential", ["", "x", "\ud800", "x" * 100_000, "' OR 1=1 --", "\0"])
async def test_what_is_no_link_is_refused(accounts: Accounts, credential: str) -> None:
    with pytest.raises(SignInRefused):
        await accounts.sign_in(credential, browser="", address="")


async def test_only_hashes_are_stored(accounts: Accounts, marie: Person, database: Database) -> None:
    link = await accounts.links.issue(marie.id)
    begun = await sign_in(accounts, marie)
    _, token = await accounts.tokens.issue(marie.id, "laptop")
    async with database.reading() as session:
        stored = [
            str(tuple(row))
            for table in ("sign_in_link", "browser_session", "access_token")
            for row in await session.execute(text(f"SELECT * FROM {table}"))
        ]
    assert len(stored) == 3
    for secret in (link, begun.secret, token):
        assert not any(secret in row for row in stored)
        assert any(hashlib.sha256(secret.encode()).hexdigest() in row for row in stored)
    assert not any(begun.csrf_token in row for row in stored)


async def test_signing_in_again_ends_the_session_that_the_browser_had(
    accounts: Accounts, marie: Person, ended: list[str]
) -> None:
    first = await sign_in(accounts, marie)
    before = await accounts.by_cookie(first.secret)
    second = await sign_in(accounts, marie, replaces=first.secret)
    assert first.secret != second.secret
    assert await accounts.by_cookie(first.secret) is None
    assert await accounts.by_cookie(second.secret) is not None
    assert before is not None
    assert ended == [before.principal.sign_in]


async def test_use_keeps_a_session_alive_up_to_its_longest(
    accounts: Accounts, marie: Person, clock: ManualClock
) -> None:
    begun = await sign_in(accounts, marie)
    for _ in range(28):
        clock.advance(3000)
        assert await accounts.by_cookie(begun.secret) is not None
    clock.advance(2399)
    assert await accounts.by_cookie(begun.secret) is not None
    clock.advance(1)
    assert await accounts.by_cookie(begun.secret) is None


async def test_a_session_that_is_not_used_ends(accounts: Accounts, marie: Person, clock: ManualClock) -> None:
    begun = await sign_in(accounts, marie)
    clock.advance(3600)
    assert await accounts.by_cookie(begun.secret) is None
    assert await accounts.browsers.of(marie.id) == []


async def test_use_is_noted_once_a_minute(accounts: Accounts, marie: Person, clock: ManualClock) -> None:
    begun = await sign_in(accounts, marie)
    (before,) = await accounts.browsers.of(marie.id)
    clock.advance(59)
    await accounts.by_cookie(begun.secret)
    assert await accounts.browsers.of(marie.id) == [before]
    clock.advance(1)
    await accounts.by_cookie(begun.secret)
    (after,) = await accounts.browsers.of(marie.id)
    assert (after.last_seen_at - before.last_seen_at).total_seconds() == 60


async def test_an_expired_session_is_reported_once_and_forgotten(
    accounts: Accounts, marie: Person, clock: ManualClock, ended: list[str], database: Database
) -> None:
    begun = await sign_in(accounts, marie)
    proof = await accounts.by_cookie(begun.secret)
    assert proof is not None
    await accounts.expire()
    assert ended == []
    clock.advance(3600)
    await accounts.expire()
    await accounts.expire()
    assert ended == [proof.principal.sign_in]
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM browser_session")) == 0


async def test_an_open_stream_is_use_but_not_beyond_the_longest_life(
    accounts: Accounts, marie: Person, clock: ManualClock, ended: list[str]
) -> None:
    begun = await sign_in(accounts, marie)
    proof = await accounts.by_cookie(begun.secret)
    assert proof is not None
    watching = proof.principal.sign_in
    for _ in range(28):
        clock.advance(3000)
        await accounts.expire([watching, "token:other", "browser:unknown"])
    assert ended == []
    assert await accounts.is_signed_in(watching)
    clock.advance(2400)
    await accounts.expire([watching])
    assert ended == [watching]


async def test_what_another_process_ended_is_noticed(
    accounts: Accounts, marie: Person, ended: list[str], database: Database, clock: ManualClock
) -> None:
    token, secret = await accounts.tokens.issue(marie.id, "laptop")
    assert await accounts.by_token(secret) is not None
    await accounts.tokens.revoke(token.id, marie.id)  # as `beamdesk token revoke` does, without telling us
    assert await accounts.by_token(secret) is None
    await accounts.expire()
    assert ended == [f"token:{token.id}"]


async def test_nobody_ends_the_session_of_somebody_else(
    accounts: Accounts, marie: Person, pierre: Person, ended: list[str]
) -> None:
    begun = await sign_in(accounts, marie)
    intruder = await accounts.by_cookie((await sign_in(accounts, pierre)).secret)
    assert intruder is not None
    (session,) = await accounts.browsers.of(marie.id)
    assert await accounts.end_browser(session.id, intruder.principal) is False
    assert await accounts.by_cookie(begun.secret) is not None
    assert ended == []


async def test_failures_of_one_address_are_bounded_and_do_not_use_up_links(
    accounts: Accounts, marie: Person, clock: ManualClock
) -> None:
    link = await accounts.links.issue(marie.id)
    for _ in range(20):
        with pytest.raises(SignInRefused):
            await accounts.sign_in("wrong", browser="", address="192.0.2.1")
    with pytest.raises(TooManyAttempts) as refusal:
        await accounts.sign_in(link, browser="", address="192.0.2.1")
    assert refusal.value.seconds == 60
    clock.advance(60)
    await accounts.sign_in(link, browser="", address="192.0.2.1")


def test_a_link_keeps_its_secret_from_servers() -> None:
    assert (
        link_address("https://desk.example.org/", "s3cret") == "https://desk.example.org/sign-in#token=s3cret"
    )
