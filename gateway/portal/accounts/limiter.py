"""Bounds how often one address may fail to sign in."""

import ipaddress
from collections import OrderedDict

__all__ = ["AttemptLimiter"]

WINDOW_SECONDS = 60.0

MOST_ADDRESSES = 4096
"""Addresses remembered at once. Past it the one that failed longest ago is forgotten: memory stays bounded,
and whoever commands that many addresses is not stopped by a limit per address anyway."""


class AttemptLimiter:
    """Counts failures per address in windows of a minute. Time is an argument (`now`, seconds)."""

    def __init__(self, per_minute: int, *, most_addresses: int = MOST_ADDRESSES) -> None:
        self._per_minute = per_minute
        self._most_addresses = most_addresses
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_seconds(self, address: str, now: float) -> float:
        """How long *address* has to wait before its next attempt is looked at; 0 for not at all."""
        began, count = self._failures.get(_network(address), (now, 0))
        return max(0.0, began + WINDOW_SECONDS - now) if count >= self._per_minute else 0.0

    def failed(self, address: str, now: float) -> None:
        """Count a failure."""
        key = _network(address)
        began, count = self._failures.pop(key, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, count = now, 0
        self._failures[key] = (began, count + 1)
        if len(self._failures) > self._most_addresses:
            self._failures.popitem(last=False)

    def __len__(self) -> int:
        return len(self._failures)


def _network(address: str) -> str:
    """Whoever has one IPv6 address has a /64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
