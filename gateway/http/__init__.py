"""The HTTP layer: what every request passes, whichever noun answers it.

A `Route` (contract.py) ties a method and a path to a handler with typed body and answer; openapi.py
describes all routes; a `Problem` (problems.py) is what goes wrong; a `Principal` (principal.py) is who
asks.
"""
