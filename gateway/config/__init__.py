"""The configuration: parsed once, frozen, and able to say where each value came from.

`settings.py` holds the values with their defaults, units and meanings; `sources.py` reads the TOML file,
the environment and secret files into one `Settings` with its `Provenance`; `reference.py` turns the
fields into the reference page and the effective values into something that may be shown.
"""

from beamdesk.gateway.config.settings import Settings

__all__ = ["Settings"]
