"""Measurements that anybody can repeat: `beamdesk bench …`.

- `cli.py`: the commands.
- `relay/`: the gateway beside other relays, in one run: throughput, CPU, latency, memory. Processes are
  `*_source.py` (desktops), `*_gateway_peer.py` and `tcp_peer.py` (relays) and `*_crowd.py` (load); `peers.py`
  starts relays, `*_scenarios.py` is what is measured, `*_results.py` what has to be reached, `report.py` and
  `plot.py` what is shown. `rfb_` and `guac_` stand for the protocol.
- `processes.py`, `figures.py`: starting processes, reading what they cost.

Nothing here is imported by the gateway.
"""
