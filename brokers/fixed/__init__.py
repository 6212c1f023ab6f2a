"""The fixed broker: machines that exist already and are lent, one to an instance at a time.

`FixedBroker` (broker.py) speaks the broker protocol over the machines of settings.py. A `Lease` (lease.py)
says who has a machine; `Leases` (leases.py) keeps all of them in one file, changed under a lock in the
steps of lending.py. Whether a machine can be worked on is asked in its own protocols: `ask` (probe.py and
rfb_probe.py), remembered for a moment by `Watch` (watch.py). access.py makes endpoints with their secrets.

Nothing is switched on or off: stop withholds a machine from its person, who keeps it, start gives it back,
reboot checks anew that it answers, and only delete frees it for somebody else. A machine is handed on as
it is; whoever lends desktops with open sessions resets them.
"""

from beamdesk.brokers.fixed.broker import FixedBroker
from beamdesk.brokers.fixed.settings import EndpointSettings, FixedSettings, MachineSettings

__all__ = ["EndpointSettings", "FixedBroker", "FixedSettings", "MachineSettings"]
