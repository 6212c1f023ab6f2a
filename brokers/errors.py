"""What goes wrong on a back end: one family, each member telling the reconciler what to do next."""

from enum import StrEnum

__all__ = ["BrokerError", "BrokerReason"]


class BrokerReason(StrEnum):
    """Bounded set of causes; also the label on metrics."""

    REJECTED = "rejected"
    QUOTA_EXCEEDED = "quota-exceeded"
    CAPACITY = "capacity"
    TRANSIENT = "transient"
    RATE_LIMITED = "rate-limited"
    AUTH_EXPIRED = "auth-expired"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    PERMANENT = "permanent"
    TIMEOUT = "timeout"


_TRY_AGAIN = frozenset(
    {
        BrokerReason.TRANSIENT,
        BrokerReason.RATE_LIMITED,
        BrokerReason.AUTH_EXPIRED,
        BrokerReason.CONFLICT,
        BrokerReason.TIMEOUT,
        BrokerReason.CAPACITY,
    }
)


class BrokerError(Exception):
    """A back end's failure.

    `sentence` is for the user, `reason` for metrics and decisions, `detail` for the log only.
    """

    def __init__(self, reason: BrokerReason, sentence: str, *, detail: str = "") -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence
        self.detail = detail

    @property
    def try_again(self) -> bool:
        """Whether the same call can succeed later without anybody changing anything."""
        return self.reason in _TRY_AGAIN
