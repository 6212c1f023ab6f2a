"""Runs migrations on the connection that migration.py opened. Alembic executes this file."""

from alembic import context

from beamdesk.gateway.storage.migrations.comparison import OPTIONS
from beamdesk.gateway.storage.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, **OPTIONS)
with context.begin_transaction():
    context.run_migrations()
