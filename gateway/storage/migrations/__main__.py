"""Write the next migration script: `python -m beamdesk.gateway.storage.migrations "What changes"`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.migration import upgrade, write_revision


def _write(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/empty.sqlite3")
        asyncio.run(upgrade(database))
        write_revision(database, message)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('usage: python -m beamdesk.gateway.storage.migrations "What changes"')
    _write(sys.argv[1])
