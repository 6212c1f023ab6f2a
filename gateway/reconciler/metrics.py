"""Figures of the reconciler for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["LAUNCHES", "LISTINGS", "OPERATIONS", "ORPHANS"]

OPERATIONS = Counter(
    "beamdesk_reconciler_operations",
    "Operations on machines by result: `done`, `overtaken`, `fault`, or the broker's reason.",
    ("broker", "operation", "result"),
)
LISTINGS = Counter(
    "beamdesk_reconciler_listings",
    "Listings of back ends by result: `complete`, `partial`, `fault`, or the broker's reason.",
    ("broker", "result"),
)
LAUNCHES = Histogram(
    "beamdesk_instance_launch_seconds",
    "Time from the wish for a running instance to its readiness.",
    ("broker", "operation"),
    buckets=(0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 40, 60, 120, 300, 600),
)
ORPHANS = Gauge(
    "beamdesk_reconciler_orphans",
    "Machines that carry our tag and belong to no instance.",
    ("broker",),
)
