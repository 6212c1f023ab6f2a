"""What goes wrong on the way to a desktop."""

from typing import Self

from beamdesk.codecs.rfb.errors import RfbError, RfbReason
from beamdesk.gateway.reasons import EndReason

__all__ = ["UpstreamFailed"]

_REFUSALS = frozenset(
    {
        RfbReason.REFUSED,
        RfbReason.AUTHENTICATION_FAILED,
        RfbReason.CREDENTIALS_NEEDED,
        RfbReason.NO_COMMON_SECURITY_TYPE,
        RfbReason.TLS_REFUSED,
    }
)


class UpstreamFailed(Exception):  # noqa: N818  (an outcome of the desktop's, not an error of ours)
    """The desktop cannot be reached or gone on with. `detail` is for the log only."""

    def __init__(self, reason: EndReason, detail: str) -> None:
        super().__init__(f"{reason.code}: {detail}")
        self.reason = reason
        self.detail = detail

    @classmethod
    def unreachable(cls, detail: str) -> Self:
        return cls(EndReason.DESKTOP_UNREACHABLE, detail)

    @classmethod
    def untrusted(cls, detail: str) -> Self:
        return cls(EndReason.DESKTOP_REFUSED, detail)

    @classmethod
    def ended(cls, detail: str) -> Self:
        return cls(EndReason.DESKTOP_ENDED, detail)

    @classmethod
    def by_protocol(cls, error: RfbError) -> Self:
        """A desktop that refused, hung up, or said what cannot be understood."""
        if error.reason in _REFUSALS:
            return cls(EndReason.DESKTOP_REFUSED, str(error))
        if error.reason is RfbReason.CLOSED_EARLY:
            # A desktop that is just starting or stopping accepts and hangs up.
            return cls(EndReason.DESKTOP_UNREACHABLE, str(error))
        return cls(EndReason.DESKTOP_FAULT, str(error))
