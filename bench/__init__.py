"""Measurements that anybody can repeat: `beamdesk bench …`.

- `cli.py`: the commands.
- `relay/`: the gateway beside other relays, in one run: throughput, CPU, latency, memory.
  `source.py`, `gateway_peer.py` and `tcp_peer.py` are processes; `peers.py` starts them and websockify;
  `viewer.py` and `crowd.py` are the load; `scenarios.py` is what is measured, `targets.py` what has to be
  reached, `report.py` and `plot.py` what is shown.
- `processes.py`, `figures.py`: starting processes, reading what they cost.

Nothing here is imported by the gateway.
"""
