"""`beamdesk token …`: works while the server runs, through the database."""

from dataclasses import asdict
from typing import Annotated

import typer

from beamdesk.gateway.cli.exits import Exit, fail, run
from beamdesk.gateway.cli.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    load_settings,
    opened_accounts,
)
from beamdesk.gateway.cli.output import print_json, print_table
from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.portal.accounts.first_start import local_name
from beamdesk.gateway.portal.accounts.model import Scope
from beamdesk.gateway.portal.accounts.people import Person
from beamdesk.gateway.portal.accounts.service import Accounts
from beamdesk.gateway.portal.accounts.tokens import Token, TokenRefused

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Make, list and revoke access tokens for programs."
)

UserOption = Annotated[
    str | None, typer.Option("--user", metavar="NAME", help="Whose token; default: the local admin's.")
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for, as in `laptop`.")],
    *,
    user: UserOption = None,
    days: Annotated[int | None, typer.Option(min=1, help="Its life; default: the longest there is.")] = None,
    scope: Annotated[Scope, typer.Option(help="How much it may do.")] = Scope.FULL,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it. It is shown this one time; for `Authorization: Bearer …`."""
    if not 1 <= len(name) <= 250 or not name.isprintable():
        fail(Exit.USAGE, "A token's name has 1 to 250 printable characters.")
    settings = load_settings(config, data_dir=data_dir).settings
    token, secret = run(_create(settings, user, name, scope, days))
    if as_json:
        print_json({**asdict(token), "token": secret})
    else:
        print(secret)


@app.command("list")
def list_tokens(
    user: UserOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a person's tokens, without their secrets."""
    tokens = run(_list(load_settings(config, data_dir=data_dir).settings, user))
    if as_json:
        print_json([asdict(token) for token in tokens])
        return
    print_table(
        ("id", "name", "scope", "created", "expires", "last used"),
        [
            (token.id, token.name, token.scope, token.created_at, token.expires_at, token.last_used_at)
            for token in tokens
        ],
    )


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `beamdesk token list` prints it.")],
    user: UserOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make a token worthless. What its programs have open ends within seconds."""
    if not run(_revoke(load_settings(config, data_dir=data_dir).settings, user, token_id)):
        fail(Exit.NOT_FOUND, "There is no such token: see `beamdesk token list`.")
    print("The token is revoked.")


async def _create(
    settings: Settings, user: str | None, name: str, scope: Scope, days: int | None
) -> tuple[Token, str]:
    async with opened_accounts(settings) as accounts:
        person = await _person(accounts, user)
        try:
            return await accounts.tokens.issue(person.id, name, scope=scope, days=days)
        except TokenRefused as refusal:
            fail(Exit.FAILED, str(refusal))


async def _list(settings: Settings, user: str | None) -> list[Token]:
    async with opened_accounts(settings) as accounts:
        return await accounts.tokens.of((await _person(accounts, user)).id)


async def _revoke(settings: Settings, user: str | None, token_id: str) -> bool:
    async with opened_accounts(settings) as accounts:
        return await accounts.tokens.revoke(token_id, (await _person(accounts, user)).id)


async def _person(accounts: Accounts, name: str | None) -> Person:
    person = await accounts.people.named(name or local_name())
    if person is None:
        fail(Exit.NOT_FOUND, f"There is nobody called {name or local_name()!r}: say --user NAME.")
    return person
