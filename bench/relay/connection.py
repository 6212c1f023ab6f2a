"""The browser's side of any relay, as cheap as Python allows: it counts bytes."""

import base64
import os
import socket
import struct
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["LoadConnection", "Upgrade"]

_READ_SIZE: Final = 256 * 1024
_PATIENCE: Final = 60
_TAIL: Final = 128

_CLOSE: Final = 8
_PING: Final = 9
_PONG: Final = 10


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What a WebSocket is opened with (RFC 6455, section 4.1)."""

    path: str
    subprotocol: str
    opcode: int
    """Of the frames that are sent: 1 for text, 2 for binary."""


class LoadConnection:
    """One connection to a relay on 127.0.0.1: a WebSocket with *upgrade*, plain TCP without.

    Answers pings. Use as a context manager.
    """

    def __init__(self, port: int, upgrade: Upgrade | None, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(_PATIENCE)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.payload = 0
        """Bytes received so far, without frames' headers."""
        self.tail = b""
        """The last few of them."""
        self._buffer = memoryview(bytearray(_READ_SIZE))
        self._head = bytearray()
        self._left = 0  # bytes of the current frame still to come
        self._control = bytearray()
        self._opcode = 0
        self._sent_opcode = 0 if upgrade is None else upgrade.opcode
        if upgrade is not None:
            self._upgrade(upgrade)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, message: bytes) -> None:
        self.socket.sendall(self._frame(self._sent_opcode, message) if self._sent_opcode else message)

    def read_to(self, payload: int) -> None:
        """Block until so many bytes of payload have come since the beginning."""
        while self.payload < payload:
            self.read_some()

    def read_some(self) -> None:
        """Read once and count; raises ConnectionError at the end."""
        count = self.socket.recv_into(self._buffer)
        if not count:
            raise ConnectionResetError("the relay closed the connection")
        if self._sent_opcode:
            self._walk(self._buffer[:count])
        else:
            self._count(self._buffer[:count])

    def _count(self, data: memoryview) -> None:
        self.payload += len(data)
        self.tail = (self.tail + data[-_TAIL:])[-_TAIL:]

    def _walk(self, data: memoryview) -> None:
        """Step over frames (RFC 6455, section 5.2; a server's are not masked)."""
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                if self._opcode >= _CLOSE:
                    self._control += data[at : at + step]
                else:
                    self._count(data[at : at + step])
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
        self._opcode = 0
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

    def _upgrade(self, upgrade: Upgrade) -> None:
        self.socket.sendall(
            f"GET {upgrade.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {upgrade.subprotocol}\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise ConnectionResetError(answer.decode())
            answer += byte
        if b" 101 " not in answer.partition(b"\r\n")[0]:
            raise ConnectionResetError(answer.decode())
