"""One desktop from the server's start to its end."""

import os
import socket
from collections.abc import Callable
from typing import NamedTuple

from beamdesk.brokers.local.supervisor.log import Log
from beamdesk.brokers.local.supervisor.loop import Loop
from beamdesk.brokers.local.supervisor.plan import Plan
from beamdesk.brokers.local.supervisor.programs import Programs
from beamdesk.brokers.local.supervisor.services import Services
from beamdesk.brokers.local.supervisor.state import BOOTING, FAILED, RUNNING, STOPPED
from beamdesk.brokers.local.supervisor.x11 import Watch

__all__ = ["Desktop", "Outcome"]

_BOOT_SECONDS = 30.0
"""A computer that is very busy takes seconds; past this something hangs."""
_DISPLAY_FD = "{display-fd}"
_GREETING = b"RFB "
_SERVER = "Xtigervnc"


class Outcome(NamedTuple):
    """How a desktop ended."""

    phase: str
    sentence: str


class Desktop:
    """Runs when the server answers with an RFB greeting and a window manager is there."""

    def __init__(
        self,
        plan: Plan,
        loop: Loop,
        log: Log,
        programs: Programs,
        record: Callable[[str, str, str], None],
    ) -> None:
        """*record* is called with phase, sentence and display."""
        self._plan = plan
        self._loop = loop
        self._log = log
        self._programs = programs
        self._record = record
        self._services = Services(loop, log, programs, plan.stages, self._session_failed)
        self._outcome: Outcome | None = None
        self._preparations = list(plan.preparations)
        self._preparing: int | None = None
        self._display = b""
        self._greeted = False
        self._watch = Watch(_cookie(programs.environment.get("XAUTHORITY")), plan.background)
        self.server: int | None = None
        """Process id of the desktop server; None once it has ended."""

    @property
    def display(self) -> str:
        return f":{self._display.decode()}" if self._display else ""

    def run(self) -> Outcome:
        """Start everything and keep it running; returns when there is nothing left to keep."""
        self._loop.on_child = self._on_child
        self._loop.after(_BOOT_SECONDS, self._boot_is_over)
        self._start_server()
        while self._outcome is None:
            self._loop.turn()
            if self._loop.asked_to_stop:
                self._end(STOPPED, "The desktop was stopped.")
        self._services.stop()
        return self._outcome

    def _start_server(self) -> None:
        says, display = os.pipe()
        command = (*self._plan.server, "-displayfd", _DISPLAY_FD)
        self.server = self._programs.start(_SERVER, command, {_DISPLAY_FD: display})
        os.close(display)
        self._loop.stream(says, self._on_display)

    def _on_display(self, output: bytes) -> None:
        # The number and a line end; the pipe's own end means that the server is gone, which `_on_child` sees.
        self._display = (self._display + output).strip()
        if not output.endswith(b"\n"):
            return
        self._programs.environment["DISPLAY"] = self.display
        self._record(BOOTING, "The desktop's programs start.", self.display)
        self._converse(self._plan.rfb_path, b"", self._on_greeting)
        self._converse(f"/tmp/.X11-unix/X{self.display[1:]}", self._watch.start(), self._on_x11)  # noqa: S108
        self._prepare()

    def _prepare(self) -> None:
        """Run the next preparation, or go on with the session."""
        if self._preparations:
            command = self._preparations.pop(0)
            self._preparing = self._programs.start(command[0].rpartition("/")[2], command)
        else:
            self._preparing = None
            self._services.start()

    def _on_child(self, pid: int, status: int) -> None:
        if pid == self.server:
            self.server = None
            self._end(FAILED, "The desktop server ended unexpectedly.")
        elif pid == self._preparing:
            # One that fails has said so in the log; the desktop is usable without it.
            self._prepare()
        else:
            self._services.on_child(pid, status)

    def _on_greeting(self, _connection: socket.socket, received: bytes) -> bool:
        self._greeted = received.startswith(_GREETING)
        self._look_whether_it_runs()
        return False

    def _on_x11(self, connection: socket.socket, received: bytes) -> bool:
        try:
            connection.sendall(self._watch.feed(received))
        except (OSError, ValueError) as error:
            self._log.write("supervisor", f"cannot watch for a window manager: {error}")
            return False
        self._look_whether_it_runs()
        return not self._watch.managed

    def _look_whether_it_runs(self) -> None:
        if self._greeted and self._watch.managed and self._outcome is None:
            self._record(RUNNING, "The desktop runs.", self.display)

    def _boot_is_over(self) -> None:
        if not (self._greeted and self._watch.managed):
            self._end(FAILED, "The desktop did not come up in time.")

    def _session_failed(self, name: str) -> None:
        self._end(FAILED, f"The desktop's session ({name}) ended again and again.")

    def _end(self, phase: str, sentence: str) -> None:
        self._outcome = self._outcome or Outcome(phase, sentence)

    def _converse(self, path: str, first: bytes, on_bytes: Callable[[socket.socket, bytes], bool]) -> None:
        """Connect, send, and give what comes to *on_bytes* for as long as that answers True."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
            connection.sendall(first)
        except OSError as error:
            connection.close()
            self._log.write("supervisor", f"cannot connect to {path}: {error}")
            return

        def read() -> None:
            received = connection.recv(65536)
            if not received or not on_bytes(connection, received):
                self._loop.forget(connection.detach())

        self._loop.reader(connection.fileno(), read)


def _cookie(authority: str | None) -> bytes:
    """The one cookie of an Xauthority file that we wrote: its last 16 bytes."""
    if authority is None:
        return b""
    with open(authority, "rb") as file:
        return file.read()[-16:]
