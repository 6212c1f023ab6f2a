"""What can go wrong in an RFB conversation, and whose fault it was."""

from enum import StrEnum

__all__ = ["LocalProtocolError", "RemoteProtocolError", "RfbError", "RfbReason"]

_LONGEST_DETAIL = 500
"""A peer's text is shown and logged; a line of that length still fits on a screen."""


class RfbReason(StrEnum):
    """Bounded set of causes; also a label for metrics."""

    NOT_RFB = "not-rfb"
    UNSUPPORTED_VERSION = "unsupported-version"
    REFUSED = "refused"
    NO_COMMON_SECURITY_TYPE = "no-common-security-type"
    CREDENTIALS_NEEDED = "credentials-needed"
    AUTHENTICATION_FAILED = "authentication-failed"
    TLS_REFUSED = "tls-refused"
    CLOSED_EARLY = "closed-early"
    UNEXPECTED_BYTES = "unexpected-bytes"
    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    UNKNOWN_MESSAGE = "unknown-message"
    UNKNOWN_ENCODING = "unknown-encoding"
    EXTENDED_CLIPBOARD_NEEDED = "extended-clipboard-needed"
    WRONG_STATE = "wrong-state"
    BAD_ARGUMENT = "bad-argument"


class RfbError(Exception):
    """The conversation cannot go on. `detail` may hold the peer's own words, shortened and printable."""

    def __init__(self, reason: RfbReason, detail: str) -> None:
        printable = "".join(
            letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in detail
        )
        self.reason = reason
        self.detail = printable[:_LONGEST_DETAIL]
        super().__init__(f"{reason}: {self.detail}")


class LocalProtocolError(RfbError):
    """The caller used a codec wrongly: our bug."""

    @classmethod
    def wrong_state(cls, what: str) -> "LocalProtocolError":
        return cls(RfbReason.WRONG_STATE, what)

    @classmethod
    def bad_argument(cls, what: str) -> "LocalProtocolError":
        return cls(RfbReason.BAD_ARGUMENT, what)


class RemoteProtocolError(RfbError):
    """The peer broke the protocol, refused us, or asked for more than the limits allow."""

    @classmethod
    def too_large(cls, what: str, size: int, limit: int) -> "RemoteProtocolError":
        return cls(RfbReason.TOO_LARGE, f"{what} is {size}, the limit is {limit}")

    @classmethod
    def malformed(cls, what: str) -> "RemoteProtocolError":
        return cls(RfbReason.MALFORMED, what)

    @classmethod
    def unknown_message(cls, message_type: int) -> "RemoteProtocolError":
        return cls(RfbReason.UNKNOWN_MESSAGE, f"message type {message_type}, whose length is not known")

    @classmethod
    def unexpected_bytes(cls, when: str) -> "RemoteProtocolError":
        return cls(RfbReason.UNEXPECTED_BYTES, f"bytes arrived {when}")
