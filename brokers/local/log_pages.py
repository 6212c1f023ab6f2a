"""Reads a machine's log page by page while its supervisor writes on."""

import contextlib
import os
from pathlib import Path

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local.supervisor.log import FOLDER, segments
from beamdesk.brokers.protocol import LogPage

__all__ = ["last_lines", "read_page"]

_PAGE_BYTES = 64 * 1024
_CURSOR_DIGITS = 18
"""More would be no offset of any file."""


def read_page(folder: Path, cursor: str | None) -> LogPage:
    """Whole lines from *cursor*, an offset in all that was ever logged, or from the oldest kept."""
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= _CURSOR_DIGITS):
        raise BrokerError(BrokerReason.REJECTED, "This place in the log is not known.")
    offset = int(cursor or 0)
    present = segments(str(folder))
    for position, (begin, size) in enumerate(present):
        if offset >= begin + size:
            continue
        offset = max(offset, begin)
        text = _read(folder / FOLDER / f"{begin:015d}", offset - begin)
        # The supervisor writes whole lines: what follows the last line end is cut by the page's size.
        text = text[: text.rfind(b"\n") + 1]
        offset += len(text)
        more = offset < begin + size or position + 1 < len(present)
        return LogPage(tuple(_clean(line) for line in text.splitlines()), str(offset), more)
    return LogPage((), str(offset), more=False)


def last_lines(folder: Path, count: int) -> str:
    """The newest lines, for an error's detail."""
    present = segments(str(folder))
    if not present:
        return ""
    begin, size = present[-1]
    text = _read(folder / FOLDER / f"{begin:015d}", max(0, size - _PAGE_BYTES))
    return "\n".join(_clean(line) for line in text.splitlines()[-count:])


def _read(path: Path, offset: int) -> bytes:
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            return os.pread(descriptor, _PAGE_BYTES, offset)
        finally:
            os.close(descriptor)
    return b""


def _clean(line: bytes) -> str:
    """Programs write what they like, colours and cursor movements too: keep what can be shown."""
    text = line.decode(errors="replace").replace("\t", "    ")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
