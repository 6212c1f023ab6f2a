"""The embedded mode's way in: an admin named after the system's user, and a link in the terminal."""

import getpass
import json
from pathlib import Path

from beamdesk.gateway.config.settings import Settings
from beamdesk.gateway.portal.accounts.links import link_address
from beamdesk.gateway.portal.accounts.people import NameRefused, Person, check_name
from beamdesk.gateway.portal.accounts.service import Accounts

__all__ = ["forget_address", "framed_link", "local_name", "note_address", "site_address", "welcome"]

_ADDRESS_FILE = "address.json"

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}
"""What to call this computer when the server listens on all of its addresses."""


def local_name() -> str:
    """The name of whoever runs this process, or `admin` where it has none that can be used."""
    try:
        name = getpass.getuser()
        check_name(name)
    except (OSError, KeyError, NameRefused):
        return "admin"
    return name


async def welcome(accounts: Accounts) -> tuple[Person, str]:
    """The local admin, made at the first start, and the secret of a fresh sign-in link."""
    person = await accounts.people.ensure_local(local_name(), is_admin=True)
    return person, await accounts.links.issue(person.id)


def framed_link(site: str, secret: str, *, minutes: float) -> str:
    """What `beamdesk serve` prints for the person at the terminal. The only place where a link is shown."""
    rule = "─" * 78
    return (
        f"\n{rule}\n"
        f"  Beamdesk is ready. Open this link to sign in (it works once, within {minutes:g} minutes):\n\n"
        f"  {link_address(site, secret)}\n{rule}\n"
    )


def site_address(settings: Settings) -> str:
    """How to reach Beamdesk: the public URL, else where the running server listens, else as configured."""
    if settings.server.public_url is not None:
        return settings.server.public_url
    try:
        noted = json.loads((settings.server.data_dir / _ADDRESS_FILE).read_text())
    except (OSError, ValueError):
        noted = None
    match noted:
        case {"address": str(address)}:
            return address
        case _:
            return local_address(settings.server.host, settings.server.port)


def local_address(host: str, port: int) -> str:
    """The address of a server that listens on *host* and *port*, as seen from this computer."""
    name = _EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}" if port == 80 else f"http://{name}:{port}"


def note_address(data_dir: Path, address: str) -> None:
    """Leave the running server's address where `beamdesk user add` finds it."""
    (data_dir / _ADDRESS_FILE).write_text(json.dumps({"address": address}) + "\n")


def forget_address(data_dir: Path) -> None:
    (data_dir / _ADDRESS_FILE).unlink(missing_ok=True)
