"""How our tables and a database's are compared and changed; the same for migrations and for their tests."""

from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext

from beamdesk.gateway.storage.base import UtcDateTime

__all__ = ["OPTIONS"]


def _render(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        context.imports.add("from beamdesk.gateway.storage.base import UtcDateTime")
        return "UtcDateTime()"
    return False


OPTIONS: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    # SQLite cannot alter most of a table: Alembic makes a new one and copies. Harmless on PostgreSQL.
    "render_as_batch": True,
    "render_item": _render,
}
"""Options of Alembic's `MigrationContext.configure`."""
