"""Access tokens."""

import asyncio

import pytest

from beamdesk.gateway.http.principal import Via
from beamdesk.gateway.portal.accounts import tokens as module
from beamdesk.gateway.portal.accounts.model import Scope
from beamdesk.gateway.portal.accounts.people import Person
from beamdesk.gateway.portal.accounts.service import Accounts
from beamdesk.gateway.portal.accounts.tokens import Token, TokenRefused
from support.manual_clock import ManualClock


async def test_a_token_is_its_person(accounts: Accounts, marie: Person) -> None:
    token, secret = await accounts.tokens.issue(marie.id, "laptop")
    assert secret.startswith("bdk_")
    proof = await accounts.by_token(secret)
    assert proof is not None
    assert proof.principal.user_id == marie.id
    assert proof.principal.via is Via.TOKEN
    assert proof.principal.sign_in == f"token:{token.id}"
    assert proof.csrf_token is None
    assert proof.may_write


async def test_a_token_for_reading_may_not_write(accounts: Accounts, marie: Person) -> None:
    _, secret = await accounts.tokens.issue(marie.id, "dashboard", scope=Scope.READ)
    proof = await accounts.by_token(secret)
    assert proof is not None
    assert not proof.may_write


async def test_a_token_ends_with_its_life(accounts: Accounts, marie: Person, clock: ManualClock) -> None:
    token, secret = await accounts.tokens.issue(marie.id, "laptop", days=1)
    assert await accounts.by_token(secret) is not None
    clock.advance(86400)
    assert await accounts.by_token(secret) is None
    assert await accounts.tokens.of(marie.id) == []
    await accounts.expire()
    assert not await accounts.is_signed_in(f"token:{token.id}")


async def test_a_token_lives_no_longer_than_configured(accounts: Accounts, marie: Person) -> None:
    token, _ = await accounts.tokens.issue(marie.id, "longest")
    assert (token.expires_at - token.created_at).days == 30
    await accounts.tokens.issue(marie.id, "as long", days=30)
    with pytest.raises(TokenRefused, match="30 days"):
        await accounts.tokens.issue(marie.id, "longer", days=31)


async def test_use_is_noted(accounts: Accounts, marie: Person, clock: ManualClock) -> None:
    _, secret = await accounts.tokens.issue(marie.id, "laptop")
    await accounts.by_token(secret)
    (token,) = await accounts.tokens.of(marie.id)
    assert token.last_used_at == clock.now()


@pytest.mark.parametrize(
    "secret", ["", "bdk_", "bdk_" + "a" * 43, "bdk_" + "a" * 42, "x" * 47, "bdk_" + "\ud800" * 43]
)
async def test_what_is_no_token_is_nobody(accounts: Accounts, marie: Person, secret: str) -> None:
    assert await accounts.by_token(secret) is None


async def test_nobody_revokes_the_token_of_somebody_else(
    accounts: Accounts, marie: Person, pierre: Person
) -> None:
    token, secret = await accounts.tokens.issue(marie.id, "laptop")
    assert await accounts.tokens.revoke(token.id, pierre.id) is False
    assert await accounts.by_token(secret) is not None
    assert await accounts.tokens.revoke(token.id, marie.id) is True
    assert await accounts.tokens.revoke(token.id, marie.id) is False
    assert await accounts.by_token(secret) is None


async def test_tokens_are_bounded_also_when_they_are_made_at_once(
    accounts: Accounts, marie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PER_PERSON", 3)
    # With connections open beforehand, all six are really at it at once.
    await asyncio.gather(*(accounts.tokens.of(marie.id) for _ in range(6)))
    made = await asyncio.gather(
        *(accounts.tokens.issue(marie.id, f"t{n}") for n in range(6)), return_exceptions=True
    )
    assert sum(isinstance(item, tuple) for item in made) == 3
    assert sum(isinstance(item, TokenRefused) for item in made) == 3
    listed = await accounts.tokens.of(marie.id)
    assert len(listed) == 3
    assert all(isinstance(item, Token) for item in listed)
