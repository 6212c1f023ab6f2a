"""The HTTP layer: what every request passes, whichever noun answers it.

A `Route` (contract.py) ties a method and a path to a handler with typed body and answer; openapi.py
describes all routes; a `Problem` (problems.py) is what goes wrong; a `Principal` (principal.py) is who
asks, found out by authentication.py; a `Site` (site.py) says which names and origins are ours.
application.py puts all of it around the handlers in the one right order: open it first. health.py and ui.py
are what is served beside the API.
"""
