"""All operations of the portal in one list, and its description on standard output.

`python -m beamdesk.gateway.portal.api` prints the OpenAPI document from which the web UI's types are made.
"""

import sys

from beamdesk.gateway.http.openapi import describe
from beamdesk.gateway.portal.accounts.api import routes as accounts
from beamdesk.gateway.portal.events.model import EVENT_MODELS
from beamdesk.gateway.portal.instances.api import routes as instances
from beamdesk.gateway.portal.plans.api import routes as plans
from beamdesk.gateway.portal.tickets.api import routes as tickets

__all__ = ["EVENT_MODELS", "GROUPS"]

GROUPS = (accounts, plans, instances, tickets)

if __name__ == "__main__":
    sys.stdout.write(describe(GROUPS, EVENT_MODELS))
