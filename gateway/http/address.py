"""Where a request comes from, also behind proxies."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web

__all__ = ["Network", "address_of"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def address_of(request: web.BaseRequest, trusted: Sequence[Network] = ()) -> str:
    """The address of the nearest peer that is not one of the *trusted* proxies.

    `X-Forwarded-For` is believed only as far as trusted proxies wrote it: from its end backwards.
    """
    peer = request.remote or ""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    while hops and _is_in(peer, trusted):
        peer = hops.pop()
    return peer[:64]


def _is_in(peer: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)
