"""A viewer that counts bytes: the browser's side of any relay, as cheap as Python allows."""

import base64
import os
import socket
import struct
from typing import Final, Self

from beamdesk.bench.relay.source import SERVER_INIT
from beamdesk.codecs.rfb import messages

__all__ = ["LoadViewer"]

_READ_SIZE: Final = 256 * 1024
_PATIENCE: Final = 30

_BINARY: Final = 2
_CLOSE: Final = 8
_PING: Final = 9
_PONG: Final = 10


class LoadViewer:
    """One connection to a relay on 127.0.0.1, after the handshake of RFB.

    With *websocket* it speaks WebSocket to `/stream/rfb` and answers pings. Use as a context manager.
    """

    def __init__(self, port: int, *, websocket: bool, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(_PATIENCE)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.payload = 0
        """Bytes received so far, without frames' headers."""
        self._websocket = websocket
        self._buffer = memoryview(bytearray(_READ_SIZE))
        self._head = bytearray()
        self._left = 0  # bytes of the current frame still to come
        self._control = bytearray()
        self._opcode = _BINARY
        if websocket:
            self._upgrade()
        self._shake_hands()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

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

    def send(self, message: bytes) -> None:
        self.socket.sendall(self._frame(_BINARY, message) if self._websocket else message)

    def read_to(self, payload: int) -> None:
        """Block until so many bytes of payload have come since the beginning."""
        while self.payload < payload:
            self.read_some()

    def read_some(self) -> None:
        """Read once and count; raises ConnectionError at the end."""
        count = self.socket.recv_into(self._buffer)
        if not count:
            raise ConnectionResetError("the relay closed the connection")
        if self._websocket:
            self._walk(self._buffer[:count])
        else:
            self.payload += count

    def _walk(self, data: memoryview) -> None:
        """Step over frames (RFC 6455, section 5.2; a server's are not masked)."""
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                if self._opcode >= _CLOSE:
                    self._control += data[at : at + step]
                else:
                    self.payload += step
                self._left -= step
                at += step
            else:
                self._head.append(data[at])
                at += 1
                self._read_head()
            if not self._left and not self._head and self._opcode >= _CLOSE:
                self._answer_control()

    def _read_head(self) -> None:
        head = self._head
        if len(head) < 2:
            return
        short = head[1] & 0x7F
        if len(head) < {126: 4, 127: 10}.get(short, 2):
            return
        self._opcode = head[0] & 0x0F
        self._left = short if short < 126 else int.from_bytes(head[2:], "big")
        head.clear()

    def _answer_control(self) -> None:
        said, opcode = bytes(self._control), self._opcode
        self._control.clear()
        self._opcode = _BINARY
        if opcode == _PING:
            self.socket.sendall(self._frame(_PONG, said))
        elif opcode == _CLOSE:
            raise ConnectionResetError(f"the relay closed the WebSocket: {said[2:].decode()}")

    @staticmethod
    def _frame(opcode: int, payload: bytes) -> bytes:
        """Masked, as a client's have to be, with a key of zeros, which changes nothing."""
        if len(payload) >= 126:
            raise ValueError("the load sends small messages only")
        return struct.pack("!BBI", 0x80 | opcode, 0x80 | len(payload), 0) + payload

    def _upgrade(self) -> None:
        self.socket.sendall(
            b"GET /stream/rfb?ticket=load HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n"
            b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)) + b"\r\n\r\n"
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise ConnectionResetError(answer.decode())
            answer += byte
        if b" 101 " not in answer.partition(b"\r\n")[0]:
            raise ConnectionResetError(answer.decode())

    def _shake_hands(self) -> None:
        """RFC 6143, section 7.1, security type None."""
        for heard, said in ((12, b"RFB 003.008\n"), (2, b"\x01"), (4, b"\x01"), (len(SERVER_INIT), b"")):
            self.read_to(self.payload + heard)
            if said:
                self.send(said)
        self.payload = 0
