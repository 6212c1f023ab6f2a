"""Storage: SQLAlchemy 2 on SQLite (embedded) or PostgreSQL (cluster), the same code on both.

Each noun keeps its own tables in its `store.py`, derived from `Base` (base.py); tables.py imports them
all for Alembic. `Database` (database.py) gives sessions for writing and for reading. `new_id` (ids.py)
makes keys that sort by time. migration.py brings a database to the code's revision, backup.py copies it,
preparation.py does both, in the right order and under a lock, when the server starts.
"""

from beamdesk.gateway.storage.base import Base, UtcDateTime, utc_now
from beamdesk.gateway.storage.database import Database
from beamdesk.gateway.storage.ids import new_id

__all__ = ["Base", "Database", "UtcDateTime", "new_id", "utc_now"]
