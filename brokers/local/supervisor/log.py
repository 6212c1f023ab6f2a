"""The log of one desktop: lines of all its programs, in segments named by the offset they begin at.

An offset counts every byte ever written, so it stays a valid cursor when old segments are dropped.
"""

import os
import time

__all__ = ["FOLDER", "LINE_BYTES", "SEGMENT_BYTES", "Log", "segments"]

FOLDER = "log"
SEGMENT_BYTES = 256 * 1024
"""A new segment begins past this; two are kept, so a desktop's log is at most half a megabyte."""
LINE_BYTES = 4096
"""A longer line is cut into several."""


class Log:
    """Writes lines with time and source; never raises when the disk is full."""

    def __init__(self, folder: str) -> None:
        self._folder = f"{folder}/{FOLDER}"
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        present = segments(folder)
        self._begin, self._size = present[-1] if present else (0, 0)
        self._file = self._open()
        self._partial: dict[str, bytes] = {}

    def feed(self, source: str, output: bytes) -> None:
        """Take some output of a program; whole lines are written."""
        *lines, rest = (self._partial.pop(source, b"") + output).split(b"\n")
        for line in lines:
            self.write(source, line)
        if len(rest) >= LINE_BYTES:
            self.write(source, rest)
        elif rest:
            self._partial[source] = rest

    def finish(self, source: str) -> None:
        """The program's output ended: write what has no line end."""
        rest = self._partial.pop(source, b"")
        if rest:
            self.write(source, rest)

    def write(self, source: str, line: bytes | str) -> None:
        text = (line.encode() if isinstance(line, str) else line).rstrip()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()).encode()
        for begin in range(0, len(text), LINE_BYTES):
            self._append(b"%s %s: %s\n" % (stamp, source.encode(), text[begin : begin + LINE_BYTES]))

    def _append(self, entry: bytes) -> None:
        if self._size + len(entry) > SEGMENT_BYTES and self._size:
            self._next_segment()
        try:
            self._size += os.write(self._file, entry)
        except OSError:
            # A full disk must not end the desktop; the lines are lost.
            return

    def _next_segment(self) -> None:
        os.close(self._file)
        self._begin, self._size = self._begin + self._size, 0
        self._file = self._open()
        for begin, _ in segments(os.path.dirname(self._folder))[:-2]:
            os.unlink(f"{self._folder}/{begin:015d}")

    def _open(self) -> int:
        name = f"{self._folder}/{self._begin:015d}"
        return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def segments(folder: str) -> list[tuple[int, int]]:
    """(first offset, size) of each segment of a machine's log, oldest first."""
    try:
        with os.scandir(f"{folder}/{FOLDER}") as entries:
            return sorted(
                (int(entry.name), entry.stat(follow_symlinks=False).st_size)
                for entry in entries
                if entry.name.isdecimal() and entry.is_file(follow_symlinks=False)
            )
    except FileNotFoundError:
        return []
