"""The small process that stands beside each local desktop and outlives the gateway.

It takes a `Plan` (plan.py) on standard input, becomes a session of its own (launch.py), starts the
desktop server and its services and restarts those that end (desktop.py, services.py), writes what
happens as a `RunState` (state.py) and a bounded log (log.py), and when the server ends or it is
told to stop, ends every process of the desktop (end.py).

There is one per desktop, so it uses nothing but small parts of the standard library: no
dataclasses (they bring `inspect`, a megabyte each), no subprocess, nothing of Beamdesk outside this folder.
"""
