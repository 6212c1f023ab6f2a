"""A viewer of an RFB desktop that counts bytes."""

from typing import Final

from beamdesk.bench.relay.connection import LoadConnection, Upgrade
from beamdesk.bench.relay.rfb_source import SERVER_INIT
from beamdesk.codecs.rfb import messages

__all__ = ["LoadViewer"]

_UPGRADE: Final = Upgrade("/stream/rfb?ticket=load", "binary", opcode=2)


class LoadViewer(LoadConnection):
    """One connection after the handshake of RFB; it speaks to `relay.rfb_source` through a relay."""

    def __init__(self, port: int, *, websocket: bool, receive_buffer: int | None = None) -> None:
        super().__init__(port, _UPGRADE if websocket else None, receive_buffer=receive_buffer)
        self._shake_hands()

    def ask_for(self, kib: int) -> None:
        """Have the source send so much, as fast as it goes."""
        self.send(messages.framebuffer_update_request(0, 0, kib >> 16, kib & 0xFFFF, incremental=False))

    def start_beat(self, kib: int, per_second: int) -> None:
        """Have the source send *kib* KiB so many times a second."""
        self.send(messages.pointer_event(kib, per_second, 1))

    def echo(self) -> None:
        """Send a key press and wait for the source's answer."""
        self.send(messages.key_event(ord("a"), down=True))
        self.read_to(self.payload + 8)

    def _shake_hands(self) -> None:
        """RFC 6143, section 7.1, security type None."""
        for heard, said in ((12, b"RFB 003.008\n"), (2, b"\x01"), (4, b"\x01"), (len(SERVER_INIT), b"")):
            self.read_to(self.payload + heard)
            if said:
                self.send(said)
        self.payload = 0
