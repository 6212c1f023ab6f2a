"""A real PulseAudio server with a loudspeaker that nobody hears, on a port of the loopback interface."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from support.ports import free_port, listens

__all__ = ["RATE", "PulseAudio"]

RATE = 44_100
"""Samples a second, of each of two channels."""


class PulseAudio:
    """Runs while the context lasts; *folder* is all that it writes to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server = f"tcp:127.0.0.1:{free_port()}"
        """What clients of PulseAudio call it."""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        port = self.server.rpartition(":")[2]
        modules = (
            "module-null-sink sink_name=loudspeaker",
            f"module-native-protocol-tcp listen=127.0.0.1 port={port} auth-anonymous=1",
        )
        options = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes")
        log = self._folder / "pulseaudio.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["pulseaudio", *options, *(f"--load={module}" for module in modules)],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        assert listens(self._process, int(port)), log.read_text()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

    @contextmanager
    def playing(self, samples: bytes) -> Iterator[None]:
        """Play *samples*, two channels of sixteen bits, while the context lasts or until they are over."""
        path = self._folder / "samples"
        path.write_bytes(samples)
        command = ["pacat", "--playback", "--raw", "--format=s16le", f"--rate={RATE}", "--channels=2", path]
        with subprocess.Popen(command, env=self._environment(), stdin=subprocess.DEVNULL) as process:
            try:
                yield
            finally:
                process.terminate()

    def _environment(self) -> dict[str, str]:
        folders = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH"), str(self._folder))
        return {**os.environ, **folders, "PULSE_SERVER": self.server}
