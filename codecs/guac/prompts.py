"""Answers to `required`: parameters that guacd asks for while it connects (a user name, a password).

Guacamole protocol reference, "required" and "argv" (version 1.3): one `argv` stream per parameter,
its value in blobs. guacd listens to the owner of the connection alone.
"""

import base64
from collections.abc import Mapping

from beamdesk.codecs.guac.errors import LocalProtocolError
from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["BLOB_BYTES", "answer", "blobs"]

BLOB_BYTES = 6048
"""What guacamole-common-js and guacd put into one blob: 8064 characters of base64."""


def answer(values: Mapping[str, str], first_stream: int = 0) -> bytes:
    """The instructions that give guacd *values*, on streams from *first_stream* on.

    The streams are closed again, so their indices are free when this has been sent.
    """
    sent = bytearray()
    for stream, (name, value) in enumerate(values.items(), start=first_stream):
        if stream > 63:  # guacd before 1.6 has 64 streams for each user
            raise LocalProtocolError.bad_argument(f"stream {stream} for the parameter {name[:32]!r}")
        sent += Instruction.of("argv", stream, "text/plain", name).encode()
        sent += blobs(stream, value.encode())
        sent += Instruction.of("end", stream).encode()
    return bytes(sent)


def blobs(stream: int, content: bytes) -> bytes:
    """*content* as `blob` instructions; none where it is empty."""
    pieces = [content[start : start + BLOB_BYTES] for start in range(0, len(content), BLOB_BYTES)]
    return b"".join(
        Instruction.of("blob", stream, base64.b64encode(piece).decode()).encode() for piece in pieces
    )
