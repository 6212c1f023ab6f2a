"""`beamdesk user …`: works while the server runs, through the database."""

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
from beamdesk.gateway.portal.accounts.first_start import site_address
from beamdesk.gateway.portal.accounts.links import link_address
from beamdesk.gateway.portal.accounts.people import NameRefused, Person

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Add and list people, make sign-in links.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's short name, as in `marie`.")]


@app.command()
def add(
    name: Name,
    *,
    admin: Annotated[bool, typer.Option("--admin", help="May see everybody's instances.")] = False,
    display_name: Annotated[str, typer.Option(help="Full name.")] = "",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a person and print a sign-in link that works once."""
    settings = load_settings(config, data_dir=data_dir).settings
    person, link = run(_add(settings, name, admin=admin, display_name=display_name))
    _print_link(settings, person, link, as_json=as_json)


@app.command()
def link(
    name: Name, config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Print a new sign-in link for a person."""
    settings = load_settings(config, data_dir=data_dir).settings
    person, address = run(_link(settings, name))
    _print_link(settings, person, address, as_json=as_json)


@app.command("list")
def list_people(
    config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """List everybody."""
    people = run(_list(load_settings(config, data_dir=data_dir).settings))
    if as_json:
        print_json([asdict(person) for person in people])
        return
    print_table(
        ("name", "display name", "admin", "last sign-in", "issuer"),
        [
            (person.name, person.display_name, person.is_admin, person.last_sign_in_at, person.issuer)
            for person in people
        ],
    )


def _print_link(settings: Settings, person: Person, link: str, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(person), "sign_in_link": link, "expires_in": settings.sign_in.link_seconds})
        return
    print(
        f"{person.name} signs in with this link, once, within {settings.sign_in.link_seconds / 60:g} minutes:"
    )
    print(f"  {link}")


async def _add(settings: Settings, name: str, *, admin: bool, display_name: str) -> tuple[Person, str]:
    async with opened_accounts(settings) as accounts:
        try:
            person = await accounts.people.add(name, display_name=display_name, is_admin=admin)
        except NameRefused as refusal:
            fail(Exit.FAILED, str(refusal))
        return person, link_address(site_address(settings), await accounts.links.issue(person.id))


async def _link(settings: Settings, name: str) -> tuple[Person, str]:
    async with opened_accounts(settings) as accounts:
        person = await accounts.people.named(name)
        if person is None:
            fail(Exit.NOT_FOUND, f"There is nobody called {name!r}: see `beamdesk user list`.")
        return person, link_address(site_address(settings), await accounts.links.issue(person.id))


async def _list(settings: Settings) -> list[Person]:
    async with opened_accounts(settings) as accounts:
        return await accounts.people.all()
