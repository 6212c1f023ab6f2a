"""The decoder's picture of a real desktop against another program's."""

import io
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from beamdesk.codecs.rfb import messages
from beamdesk.codecs.rfb.client_handshake import ClientHandshake
from beamdesk.codecs.rfb.framebuffer_client import FramebufferClient
from beamdesk.codecs.rfb.framebuffer_events import Resized
from support.xtigervnc import Xtigervnc

pytestmark = pytest.mark.desktop

WITHIN = 15
SCROLLS = "i=0; while [ $i -lt 60 ]; do echo line $i; i=$((i+1)); done; echo; sleep 60"


def seen_by_imagemagick(desktop: Xtigervnc) -> np.ndarray:
    shot = subprocess.run(
        ["import", "-silent", "-window", "root", "png:-"],
        env=desktop.environment(),
        check=True,
        capture_output=True,
        timeout=WITHIN,
    ).stdout
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def test_the_picture_is_the_desktops(desktop: Xtigervnc, shell):
    entered = shell.enter(desktop.connect(), ClientHandshake())
    init = entered.server_init
    client = FramebufferClient(init.width, init.height)
    client.request_update(incremental=False)
    terminal = subprocess.Popen(
        ["xterm", "-geometry", "20x10+10+10", "-e", "sh", "-c", SCROLLS],
        env=desktop.environment(),
        stderr=subprocess.DEVNULL,
    )
    with entered.connection as connection:
        connection.settimeout(0.1)
        deadline = time.monotonic() + WITHIN
        try:
            while True:
                assert time.monotonic() < deadline, "the pictures never became the same"
                connection.sendall(client.bytes_to_send())
                try:
                    events = client.receive(connection.recv(1 << 16))
                except TimeoutError:
                    ours = client.framebuffer.pixels[..., 2::-1]
                    theirs = seen_by_imagemagick(desktop)
                    drawn = len(np.unique(ours)) > 1
                    if drawn and ours.shape == theirs.shape and (ours == theirs).all():
                        break
                    continue
                if events:
                    client.request_update(incremental=True)
        finally:
            terminal.terminate()
            terminal.wait()


def test_follows_a_resize(desktop: Xtigervnc, shell):
    entered = shell.enter(desktop.connect(), ClientHandshake())
    with entered.connection as connection:
        client = FramebufferClient(entered.server_init.width, entered.server_init.height)
        client.request_update(incremental=False)
        connection.sendall(client.bytes_to_send())
        for size in ((500, 400), (320, 240)):
            connection.sendall(messages.set_desktop_size(*size))
            events: list[object] = []
            while Resized(*size) not in events:
                events += client.receive(connection.recv(1 << 16))
                client.request_update(incremental=True)
                connection.sendall(client.bytes_to_send())
            assert client.framebuffer.pixels.shape == (size[1], size[0], 4)
