"""A real Xtigervnc, and enough of the X11 protocol to ask it which keys and buttons are down."""

import os
import select
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

_STARTED_WITHIN = 20
_STOPPED_WITHIN = 10


class Pointer(NamedTuple):
    x: int
    y: int
    buttons: int
    """Bit *n* is button *n* + 1."""


class Xtigervnc:
    """One X server that speaks RFB; use as a context manager.

    It takes a free display number by itself. Without *port* it listens on the unix socket `path` alone.
    """

    def __init__(
        self, folder: Path, *options: str, port: int | None = None, geometry: str = "320x240"
    ) -> None:
        self.path = folder / "rfb"
        self.port = port
        self._folder = folder
        listen = (
            ["-rfbport", str(port), "-interface", "127.0.0.1"]
            if port
            else ["-rfbport", "-1", "-rfbunixpath", str(self.path), "-rfbunixmode", "0600"]
        )
        # Without -noreset it begins anew when its last X client leaves, and a question to it is a client.
        self._command = ["Xtigervnc", "-noreset", "-geometry", geometry, "-depth", "24", *listen, *options]

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, "-displayfd", str(writing)],
                pass_fds=[writing],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            ready, _, _ = select.select([told], [], [], _STARTED_WITHIN)
            number = told.readline().strip().decode() if ready else ""
        if not number:
            self._stop()
            raise AssertionError((self._folder / "log").read_text())
        self.display = f":{number}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def connect(self) -> socket.socket:
        """A new RFB connection; its operations end with TimeoutError rather than hang."""
        if self.port:
            return socket.create_connection(("127.0.0.1", self.port), timeout=_STARTED_WITHIN)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_STARTED_WITHIN)
        connection.connect(str(self.path))
        return connection

    def kill(self) -> None:
        """As if it had crashed."""
        self._process.kill()

    def environment(self) -> dict[str, str]:
        """For programs that draw on this display."""
        return {**os.environ, "DISPLAY": self.display, "HOME": str(self._folder)}

    def pressed_keycodes(self) -> set[int]:
        """X keycodes that are down (X11 protocol, QueryKeymap)."""
        keys = self._ask(44)[8:40]
        return {8 * index + bit for index, byte in enumerate(keys) for bit in range(8) if byte >> bit & 1}

    def pointer(self) -> Pointer:
        """Where the pointer is and what is pressed (X11 protocol, QueryPointer)."""
        answer = self._ask(38, self._root())
        x, y, mask = struct.unpack_from("<hh4xH", answer, 16)
        return Pointer(x, y, mask >> 8 & 0x1F)

    def size(self) -> tuple[int, int]:
        """Of its screen, in pixels (X11 protocol, GetGeometry of the root window)."""
        width, height = struct.unpack_from("<HH", self._ask(14, self._root()), 16)
        return int(width), int(height)

    def _root(self) -> int:
        with _x11(self.display) as (_, setup):
            vendor, formats = struct.unpack_from("<H", setup, 16)[0], setup[21]
            (root,) = struct.unpack_from("<I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)
            return int(root)

    def _ask(self, opcode: int, *resource: int) -> bytes:
        # Xtigervnc 1.12 now and then overlooks a request that comes together with RFB input, until the next
        # one wakes it.
        for seconds in (1, 2, _STARTED_WITHIN):
            with _x11(self.display) as (connection, _), suppress(TimeoutError):
                connection.settimeout(seconds)
                connection.sendall(struct.pack(f"<BxH{len(resource)}I", opcode, 1 + len(resource), *resource))
                answer = _exactly(connection, 32)
                return answer + _exactly(connection, 4 * int.from_bytes(answer[4:8], "little"))
        raise AssertionError(f"the X server does not answer request {opcode}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def _x11(display: str) -> Iterator[tuple[socket.socket, bytes]]:
    """One X11 connection without authorisation, and the server's setup block behind its first eight bytes."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_STARTED_WITHIN)
        connection.connect(f"/tmp/.X11-unix/X{display.removeprefix(':')}")
        connection.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        head = _exactly(connection, 8)
        assert head[0] == 1, head
        yield connection, _exactly(connection, 4 * int.from_bytes(head[6:8], "little"))


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        received = connection.recv(count - len(data))
        assert received, f"closed after {len(data)} of {count} bytes"
        data += received
    return data
