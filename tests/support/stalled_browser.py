"""A browser that opens a stream of the Guacamole lane and takes nothing of what comes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from support.gateway_process import GatewayProcess

__all__ = ["stalled_browser"]

_REQUEST = """\
GET {address} HTTP/1.1\r
Host: 127.0.0.1:{port}\r
Origin: {origin}\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Protocol: guacamole\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""


@contextmanager
def stalled_browser(server: GatewayProcess, address: str) -> Iterator[None]:
    """For the context's time, with a window as small as the system allows, so that little is on its way."""
    request = _REQUEST.format(address=address, port=server.port, origin=server.url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(request.encode())
        status = connection.recv(12)
        assert status == b"HTTP/1.1 101", status
        yield
