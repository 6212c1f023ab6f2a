"""The local broker: each machine is a desktop on this computer, in a process group of its own.

`LocalBroker` (broker.py) speaks the broker protocol in steps of lifecycle.py; a `Machine` (machine.py)
is a folder on disk, found and made by `MachineFolders` (folders.py); plans.py says what to run for it,
light.py and xfce.py which desktop; launch.py starts its supervisor (supervisor/), which outlives the gateway.
"""

from beamdesk.brokers.local.broker import LocalBroker
from beamdesk.brokers.local.settings import DesktopKind, Flavour, LocalSettings

__all__ = ["DesktopKind", "Flavour", "LocalBroker", "LocalSettings"]
