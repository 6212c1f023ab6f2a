"""A real Beamdesk server in a process of its own, as `make run` starts it, on a free port."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

ROOT = Path(__file__).parents[2]
BEAMDESK = ROOT / ".venv/bin/beamdesk"

_LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in#token=[\w.~-]+")


@dataclass
class GatewayProcess:
    """Starts, kills and restarts the server on one data folder; ends its desktops with itself."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = self.port or _free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> Self:
        """Start and wait until the server answers `/readyz`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as output:
            self.process = subprocess.Popen(
                [BEAMDESK, "serve", "--port", str(self.port), "--data-dir", str(self.folder / "data")],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**_environment(), "BEAMDESK__LOGS__FORMAT": "human"},
                cwd=self.folder,
            )
        self._wait_until(self._is_ready, "the server is ready")
        return self

    def sign_in_link(self) -> str:
        """The link that the server printed at its latest start."""
        self._wait_until(lambda: bool(_LINK.search(self.log)), "a sign-in link is printed")
        return _LINK.findall(self.log)[-1]

    def command(self, *arguments: str) -> str:
        """Run `beamdesk …` on the same data folder and give what it printed."""
        done = subprocess.run(
            [BEAMDESK, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={
                **_environment(),
                "BEAMDESK__SERVER__DATA_DIR": str(self.folder / "data"),
                "BEAMDESK__SERVER__PORT": str(self.port),
            },
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def add_person(self, name: str, *options: str) -> str:
        """Add a person and give the sign-in link that was printed."""
        found = _LINK.search(self.command("user", "add", name, *options))
        assert found
        return found[0]

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End the server as an operator does, and then whatever runs from its data folder."""
        self._signal(signal.SIGTERM)
        self._end_desktops()

    def desktop_pids(self) -> list[int]:
        """The X servers that were started from the data folder."""
        return [process.pid for process in self._processes() if _name(process) == "Xtigervnc"]

    def guacd_processes(self) -> list[psutil.Process]:
        """The guacd that the server started, with the processes of its connections."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if _name(child) == "guacd"]

    def guacd_connections(self) -> list[psutil.Process]:
        """The processes of guacd's connections alone."""
        processes = self.guacd_processes()
        return [process for process in processes if process.parent() in processes]

    def desktop_environment(self) -> dict[str, str]:
        """What programs on the only desktop see: DISPLAY, XAUTHORITY, HOME …"""
        self._wait_until(lambda: any(map(_is_window_manager, self._processes())), "a window manager runs")
        (pid,) = (process.pid for process in self._processes() if _is_window_manager(process))
        pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process = None

    def _end_desktops(self) -> None:
        for _ in range(3):
            left = self._processes()
            for process in left:
                _do_unless_gone(process.kill)
            psutil.wait_procs(left, timeout=5)

    def _processes(self) -> list[psutil.Process]:
        mark = str(self.folder).encode()
        found = []
        for process in psutil.process_iter():
            if process.pid == os.getpid() or (self.process and process.pid == self.process.pid):
                continue
            for name in ("cmdline", "environ"):
                try:
                    said = Path(f"/proc/{process.pid}/{name}").read_bytes()
                except OSError:
                    continue
                if mark in said:
                    found.append(process)
                    break
        return found

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended:\n{self.log}"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                return b" 200 " in connection.recv(64)
        except OSError:
            return False

    def _wait_until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, f"waited in vain until {what}:\n{self.log}"
            time.sleep(0.05)


def _do_unless_gone(act: Callable[[], None]) -> None:
    """Do *act* to a process that may be gone already."""
    try:
        act()
    except psutil.NoSuchProcess:
        return


def _is_window_manager(process: psutil.Process) -> bool:
    return _name(process) in {"openbox", "xfwm4"}


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BEAMDESK__")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
