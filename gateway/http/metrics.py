"""Figures about requests, with labels that nobody outside can multiply."""

from aiohttp import hdrs, web
from prometheus_client import Counter, Histogram

__all__ = ["observe_request"]

_METHODS = hdrs.METH_ALL
_UNMATCHED = "unmatched"

_REQUESTS = Counter(
    "beamdesk_http_requests_total",
    "Requests answered, by operation and status.",
    ("method", "route", "status"),
)
_SECONDS = Histogram(
    "beamdesk_http_request_seconds",
    "Time to answer requests; WebSockets are left out.",
    ("method", "route"),
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)


def observe_request(request: web.Request, status: int, seconds: float) -> None:
    """Count one request. `route` is the path's pattern, never the path itself."""
    method = request.method if request.method in _METHODS else "OTHER"
    resource = request.match_info.route.resource
    route = _UNMATCHED if resource is None else resource.canonical
    _REQUESTS.labels(method, route, str(status)).inc()
    if status != 101:
        _SECONDS.labels(method, route).observe(seconds)
