"""Moving bytes from one socket to another within the kernel (splice(2), Linux)."""

import contextlib
import fcntl
import os
import socket
from typing import Final

from beamdesk.gateway.upstreams.streams import READ_SIZE

__all__ = ["SplicePipe", "splicing_works"]

_F_SETPIPE_SZ: Final = 1031
_FLAGS: Final = 0x01 | 0x02  # SPLICE_F_MOVE | SPLICE_F_NONBLOCK


def splicing_works() -> bool:
    """Whether this system has splice(2) and Python knows it."""
    return hasattr(os, "splice")


class SplicePipe:
    """The pipe in the middle: one for all streams of a loop, empty between two calls.

    It must never hold one viewer's bytes when the next is served, so whenever a call does not end in the
    ordinary way the pipe is thrown away with what is in it.
    """

    def __init__(self) -> None:
        self._read_end = self._write_end = -1
        self._closed = False
        self._open()

    def usable(self) -> bool:
        """False while the system has no descriptors left for a new pipe."""
        if self._read_end < 0 and not self._closed:
            with contextlib.suppress(OSError):
                self._open()
        return self._read_end >= 0

    def fill_from(self, source: socket.socket) -> int:
        """Take what *source* holds, up to `READ_SIZE`; raises `OSError` with the pipe empty."""
        return os.splice(source.fileno(), self._write_end, READ_SIZE, flags=_FLAGS)

    def empty_into(self, target: socket.socket, count: int) -> int:
        """Move up to *count* bytes on; how many *target* took. Raises `OSError` with the pipe empty."""
        left = count
        try:
            while left:
                left -= os.splice(self._read_end, target.fileno(), left, flags=_FLAGS)
        except BlockingIOError:
            pass
        except BaseException:
            self.discard()
            raise
        return count - left

    def read_out(self, count: int) -> bytes:
        """Take *count* bytes back into memory."""
        taken = os.read(self._read_end, count)
        if len(taken) != count:
            self.discard()
            raise RuntimeError(f"the pipe held {len(taken)} bytes, not {count}")
        return taken

    def discard(self) -> None:
        """Begin anew, with an empty pipe, when it is needed."""
        if self._read_end >= 0:
            os.close(self._read_end)
            os.close(self._write_end)
            self._read_end = self._write_end = -1

    def close(self) -> None:
        """Let go of the pipe for good; safe to call twice."""
        self._closed = True
        self.discard()

    def _open(self) -> None:

        self._read_end, self._write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # A socket's bytes come in pages and parts of pages, and each takes a slot of the pipe; the default of
        # 16 slots is full after a few packets. Refused by a low limit of the system, the default still works.
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._write_end, _F_SETPIPE_SZ, 2 * READ_SIZE)
