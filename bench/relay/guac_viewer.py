"""A viewer of a guacd connection that counts bytes and acknowledges frames."""

from typing import Final

from beamdesk.bench.relay.connection import LoadConnection, Upgrade
from beamdesk.bench.relay.guac_source import ECHO, LEFT, RIGHT, moment
from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["GuacViewer"]

_SYNC: Final = b"4.sync,"
_KEY: Final = Instruction.of("key", 0x61, 1).encode()
_HANDSHAKE: Final = b"".join(
    Instruction.of(*parts).encode()
    for parts in (
        ("size", 1280, 800, 96),
        ("audio",),
        ("video",),
        ("image", "image/png", "image/jpeg"),
        ("connect", "VERSION_1_5_0", "", ""),
    )
)


class GuacViewer(LoadConnection):
    """One connection to `relay.guac_source` through a relay.

    *path* is that of the WebSocket. Without one it shakes hands with guacd itself, and *joins* a connection
    or opens its own.
    """

    def __init__(
        self, port: int, path: str | None, *, joins: str = "", receive_buffer: int | None = None
    ) -> None:
        upgrade = None if path is None else Upgrade(path, "guacamole", opcode=1)
        super().__init__(port, upgrade, receive_buffer=receive_buffer)
        self.connection = ""
        """Its id, where there is no gateway to keep it."""
        self.frames = 0
        """How many have come since `play`."""
        self._plays = False
        self._seen = b""
        self._acknowledged = 0
        if path is None:
            self._shake_hands(joins or "vnc")
        self._wait_until_there()

    def ask_for(self, portions: int) -> None:
        """Have the source pour."""
        self.send(Instruction.of("mouse", portions, 0, LEFT).encode())

    def play(self) -> None:
        """Have the source play at the capture's own speed, and count frames."""
        self._plays = True
        self.send(Instruction.of("mouse", 0, 0, RIGHT).encode())

    def echo(self) -> tuple[int, int]:
        """Press a key and wait for the frame with its echo: microseconds from the press, and from the frame's
        `sync` on.
        """
        began = moment()
        self.send(_KEY)
        while (sent := self._sync_after(ECHO)) is None or sent < began:
            self.read_some()
        arrived = moment()
        self._acknowledge(sent)
        return arrived - began, arrived - sent

    def read_frames(self) -> None:
        """Read once; what ends with a frame is acknowledged, as a browser does that has drawn it."""
        self.read_some()
        sent = self._last_sync()
        if sent is not None and sent != self._acknowledged:
            self._acknowledge(sent)

    def _count(self, data: memoryview) -> None:
        super()._count(data)
        if self._plays:
            seen = self._seen + data
            self.frames += seen.count(_SYNC)
            self._seen = seen[1 - len(_SYNC) :]

    def _acknowledge(self, sync: int) -> None:
        self._acknowledged = sync
        self.send(Instruction.of("sync", sync).encode())

    def _last_sync(self) -> int | None:
        _, found, rest = self.tail.rpartition(_SYNC)
        timestamp = rest.removesuffix(b";").partition(b".")[2]
        return int(timestamp) if found and rest.endswith(b";") and timestamp.isdigit() else None

    def _sync_after(self, drawing: bytes) -> int | None:
        before = self.tail.rpartition(_SYNC)[0]
        return self._last_sync() if before.endswith(drawing) else None

    def _shake_hands(self, selected: str) -> None:
        self.send(Instruction.of("select", selected).encode())
        while not self.tail.endswith(b";"):
            self.read_some()
        self.tail = b""
        self.send(_HANDSHAKE)
        while not (self.tail.endswith(b";") and b"5.ready," in self.tail):
            self.read_some()
        decoder = InstructionDecoder()
        decoder.receive(self.tail[self.tail.index(b"5.ready,") :])
        ready = decoder.next_instruction()
        self.connection = "" if ready is None else ready.arguments[0]

    def _wait_until_there(self) -> None:
        """Until the first frame: what is pressed before it may be lost."""
        while self._last_sync() is None:
            self.read_some()
        self.echo()
        self.payload = 0
