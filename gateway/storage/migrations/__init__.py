"""Migration scripts: env.py connects them to our tables, `versions/` holds them in order.

`python -m beamdesk.gateway.storage.migrations "What changes"` writes the next one from the tables.
"""
