"""The pipe between two sockets never holds one viewer's bytes for another."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

import pytest

from beamdesk.gateway.transports.splice import SplicePipe


@pytest.fixture
def pipe() -> Iterator[SplicePipe]:
    made = SplicePipe()
    yield made
    made.close()


@pytest.fixture
def pairs() -> Iterator[tuple[socket.socket, ...]]:
    """A desktop and the gateway's end of it, the gateway's end of a browser's connection and the browser."""
    desktop, near = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as server:
        browser = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    every = (desktop, near, far, browser)
    near.setblocking(False)
    far.setblocking(False)
    yield every
    for one in every:
        one.close()


def test_bytes_pass_through(pipe, pairs):
    desktop, near, far, browser = pairs
    desktop.sendall(b"picture")
    assert pipe.fill_from(near) == 7
    assert pipe.empty_into(far, 7) == 7
    assert browser.recv(100) == b"picture"


def test_nothing_there_and_the_end_are_told_apart(pipe, pairs):
    desktop, near, _, _ = pairs
    with pytest.raises(BlockingIOError):
        pipe.fill_from(near)
    desktop.close()
    assert pipe.fill_from(near) == 0


def fill_up(far: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            far.send(bytes(65536))


def test_what_the_browser_does_not_take_comes_back(pipe, pairs):
    desktop, near, far, _ = pairs
    fill_up(far)
    desktop.sendall(b"left over")
    assert pipe.fill_from(near) == 9
    assert pipe.empty_into(far, 9) == 0
    assert pipe.read_out(9) == b"left over"


def test_after_a_failure_the_pipe_is_empty(pipe, pairs):
    desktop, near, far, _ = pairs
    desktop.sendall(b"secret of one viewer")
    count = pipe.fill_from(near)
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(BrokenPipeError):
        pipe.empty_into(far, count)
    assert pipe.usable()
    with pytest.raises(BlockingIOError):
        pipe.read_out(1)


def test_a_pipe_that_held_something_else_is_thrown_away(pipe, pairs):
    desktop, near, _, _ = pairs
    desktop.sendall(b"12345")
    pipe.fill_from(near)
    with pytest.raises(RuntimeError):
        pipe.read_out(6)
    assert pipe.usable()
    with pytest.raises(BlockingIOError):
        pipe.read_out(1)


def test_without_descriptors_it_waits_for_better_times(pipe, monkeypatch):
    made = os.pipe2

    def none_left(flags):
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(os, "pipe2", none_left)
    pipe.discard()
    assert not pipe.usable()
    monkeypatch.setattr(os, "pipe2", made)
    assert pipe.usable()


def test_a_closed_pipe_stays_closed(pipe):
    pipe.close()
    pipe.close()
    assert not pipe.usable()
