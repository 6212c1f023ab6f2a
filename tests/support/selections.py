"""What has been copied: on a machine, with xclip, and what a viewer was given of it."""

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from support.guacamole_world import Viewer
from support.xtigervnc import Xtigervnc

__all__ = ["copied", "owning", "pasted"]

_PATIENCE = 2


def copied(viewer: Viewer) -> list[str]:
    """The texts that the viewer was given so far."""
    texts: dict[str, bytes] = {}
    whole = []
    for instruction in viewer.received:
        match instruction.opcode, instruction.arguments:
            case "clipboard", (stream, "text/plain"):
                texts[stream] = b""
            case "blob", (stream, content) if stream in texts:
                texts[stream] += base64.b64decode(content)
            case "end", (stream,) if stream in texts:
                whole.append(texts.pop(stream).decode())
    return whole


@contextmanager
def owning(desktop: Xtigervnc, text: str) -> Iterator[None]:
    """Somebody on the desktop has copied *text*."""
    command = ["xclip", "-quiet", "-selection", "clipboard", "-in"]
    with subprocess.Popen(
        command, env=desktop.environment(), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as owner:
        assert owner.stdin is not None
        owner.stdin.write(text.encode())
        owner.stdin.close()
        try:
            yield
        finally:
            owner.terminate()


def pasted(desktop: Xtigervnc) -> str:
    """What somebody on the desktop would paste; nothing where its owner does not give it in time."""
    command = ["xclip", "-selection", "clipboard", "-out", "-target", "UTF8_STRING"]
    try:
        done = subprocess.run(
            command, env=desktop.environment(), capture_output=True, check=False, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode()
