"""Statuses of the Guacamole protocol and the WebSocket close codes that stand for them.

Guacamole protocol reference, "Status codes"; RFC 6455, section 7.4.1. A tunnel that closes gives the
close code, and as the reason the status in decimal digits: guacamole-common-js reads nothing else.
"""

from enum import IntEnum

__all__ = ["Status"]


class Status(IntEnum):
    """How an operation, a stream or a connection ended."""

    SUCCESS = 0
    UNSUPPORTED = 256
    SERVER_ERROR = 512
    SERVER_BUSY = 513
    UPSTREAM_TIMEOUT = 514
    UPSTREAM_ERROR = 515
    RESOURCE_NOT_FOUND = 516
    RESOURCE_CONFLICT = 517
    RESOURCE_CLOSED = 518
    UPSTREAM_NOT_FOUND = 519
    UPSTREAM_UNAVAILABLE = 520
    SESSION_CONFLICT = 521
    SESSION_TIMEOUT = 522
    SESSION_CLOSED = 523
    CLIENT_BAD_REQUEST = 768
    CLIENT_UNAUTHORIZED = 769
    CLIENT_FORBIDDEN = 771
    CLIENT_TIMEOUT = 776
    CLIENT_OVERRUN = 781
    CLIENT_BAD_TYPE = 783
    CLIENT_TOO_MANY = 797

    @property
    def websocket_close(self) -> int:
        """The close code under which guacamole-common-js expects this status."""
        return _WEBSOCKET_CLOSE[self]

    @property
    def close_reason(self) -> str:
        """The close frame's reason: digits, or the browser shows NaN."""
        return str(self.value)

    @classmethod
    def parse(cls, text: str) -> "Status":
        """The status in an `error` or `ack`; `SERVER_ERROR` for a number that is not in the table."""
        try:
            return cls(int(text))
        except ValueError:
            return cls.SERVER_ERROR


_WEBSOCKET_CLOSE = {
    Status.SUCCESS: 1000,
    Status.UNSUPPORTED: 1011,
    Status.SERVER_ERROR: 1011,
    Status.SERVER_BUSY: 1008,
    Status.UPSTREAM_TIMEOUT: 1011,
    Status.UPSTREAM_ERROR: 1011,
    Status.RESOURCE_NOT_FOUND: 1002,
    Status.RESOURCE_CONFLICT: 1008,
    Status.RESOURCE_CLOSED: 1002,
    Status.UPSTREAM_NOT_FOUND: 1011,
    Status.UPSTREAM_UNAVAILABLE: 1011,
    Status.SESSION_CONFLICT: 1008,
    Status.SESSION_TIMEOUT: 1002,
    Status.SESSION_CLOSED: 1002,
    Status.CLIENT_BAD_REQUEST: 1002,
    Status.CLIENT_UNAUTHORIZED: 1008,
    Status.CLIENT_FORBIDDEN: 1008,
    Status.CLIENT_TIMEOUT: 1002,
    Status.CLIENT_OVERRUN: 1009,
    Status.CLIENT_BAD_TYPE: 1003,
    Status.CLIENT_TOO_MANY: 1008,
}
