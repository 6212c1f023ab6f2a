"""Brokers start, observe and stop machines on one back end each.

Five nouns: a `Broker` (protocol.py) makes a `Machine` from a `MachineSpec`, reports each step as a
`MachineState`, and lists what it has as a `Snapshot`. What goes wrong is one of errors.py.
registry.py finds the broker that a configuration names.
Brokers know nothing of users, sessions or pixels. `local/` runs desktops on this computer,
`fixed/` lends machines that exist already.
"""
