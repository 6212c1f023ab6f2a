"""What the operating system says, as a `BrokerError`."""

import errno

from beamdesk.brokers.errors import BrokerError, BrokerReason

__all__ = ["as_broker_error"]

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def as_broker_error(error: OSError | ValueError) -> BrokerError:
    detail = f"{type(error).__name__}: {error}"
    if not isinstance(error, OSError):
        return BrokerError(BrokerReason.PERMANENT, "This desktop's record cannot be read.", detail=detail)
    if error.errno in _NO_ROOM:
        return BrokerError(
            BrokerReason.CAPACITY, "This computer has no room for desktops left.", detail=detail
        )
    if error.errno in _NOT_ALLOWED:
        return BrokerError(
            BrokerReason.PERMANENT, "Beamdesk may not use its folder for desktops.", detail=detail
        )
    return BrokerError(BrokerReason.TRANSIENT, "This computer could not do that just now.", detail=detail)
