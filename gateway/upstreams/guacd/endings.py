"""guacd's statuses and faults as reasons that a browser shows."""

from typing import Final

from beamdesk.codecs.guac.errors import GuacError, GuacReason
from beamdesk.codecs.guac.handshake_events import Refused
from beamdesk.codecs.guac.status import Status
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.upstreams.errors import UpstreamFailed

__all__ = ["failed_by_protocol", "reason_of", "refused"]

_REASONS: Final = {
    Status.SUCCESS: EndReason.DESKTOP_ENDED,
    Status.UNSUPPORTED: EndReason.DESKTOP_FAULT,
    Status.SERVER_ERROR: EndReason.DESKTOP_FAULT,
    Status.SERVER_BUSY: EndReason.DESKTOP_UNREACHABLE,
    Status.UPSTREAM_TIMEOUT: EndReason.DESKTOP_UNREACHABLE,
    # What guacd says when a desktop that it was connected to breaks off.
    Status.UPSTREAM_ERROR: EndReason.DESKTOP_ENDED,
    # A join of a connection that has just ended.
    Status.RESOURCE_NOT_FOUND: EndReason.DESKTOP_ENDED,
    Status.RESOURCE_CLOSED: EndReason.DESKTOP_ENDED,
    Status.UPSTREAM_NOT_FOUND: EndReason.DESKTOP_UNREACHABLE,
    Status.UPSTREAM_UNAVAILABLE: EndReason.DESKTOP_UNREACHABLE,
    Status.SESSION_CONFLICT: EndReason.DESKTOP_TAKEN_OVER,
    Status.SESSION_TIMEOUT: EndReason.DESKTOP_ENDED,
    Status.SESSION_CLOSED: EndReason.DESKTOP_ENDED,
    Status.CLIENT_UNAUTHORIZED: EndReason.DESKTOP_REFUSED,
    Status.CLIENT_FORBIDDEN: EndReason.DESKTOP_REFUSED,
}


def reason_of(status: Status) -> EndReason:
    """Why a connection ended that guacd ended with *status*."""
    return _REASONS.get(status, EndReason.DESKTOP_FAULT)


def refused(event: Refused) -> UpstreamFailed:
    """A connection that guacd does not open."""
    return UpstreamFailed(
        reason_of(event.status), f"guacd refused: {event.status.name} {event.message[:200]!r}"
    )


def failed_by_protocol(error: GuacError) -> UpstreamFailed:
    """A guacd that hung up, or said what cannot be understood."""
    if error.reason is GuacReason.CLOSED_EARLY:
        return UpstreamFailed(EndReason.RELAY_FAILED, str(error))
    return UpstreamFailed(EndReason.DESKTOP_FAULT, str(error))
