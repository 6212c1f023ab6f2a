"""Starts programs of a desktop: clean environment, output to the log, ended with the supervisor."""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping

from beamdesk.brokers.local.supervisor.limits import Limits
from beamdesk.brokers.local.supervisor.log import Log
from beamdesk.brokers.local.supervisor.loop import Loop

__all__ = ["Programs", "adopt_orphans"]

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Programs that detach themselves become children of the supervisor, not of process 1 (prctl(2))."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Programs:
    """Starts programs that share an environment, a home folder, limits and a log."""

    def __init__(self, loop: Loop, log: Log, limits: Limits, environment: dict[str, str], home: str) -> None:
        self._loop = loop
        self._log = log
        self._limits = limits
        self._home = home
        self.environment = environment

    def start(self, name: str, command: tuple[str, ...], pipes: Mapping[str, int] | None = None) -> int:
        """Start *command* and return its process id.

        *pipes* names words of the command that become numbers of descriptors, which the program inherits.
        """
        inherited = dict(pipes or {})
        arguments = [str(inherited[word]) if word in inherited else word for word in command]
        output, its_output = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(arguments, its_output, tuple(inherited.values()), parent)
        os.close(its_output)
        self._loop.stream(output, lambda text: self._to_log(name, text))
        return pid

    def _to_log(self, name: str, output: bytes) -> None:
        if output:
            self._log.feed(name, output)
        else:
            self._log.finish(name)

    def _become(self, arguments: list[str], output: int, inherited: tuple[int, ...], parent: int) -> None:
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                # The supervisor died before the line above: nobody would end this program.
                os._exit(1)
            self._limits.join()
            nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            os.dup2(nothing, 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            for descriptor in inherited:
                os.set_inheritable(descriptor, True)
            os.umask(0o022)
            os.chdir(self._home)
            os.execvpe(arguments[0], arguments, self.environment)  # noqa: S606 - no shell is the point
        except OSError as error:
            os.write(2, f"cannot start {arguments[0]}: {error}\n".encode())
        except BaseException as error:  # noqa: BLE001 - nothing may return into the parent's code
            os.write(2, f"cannot start {arguments[0]}: {error!r}\n".encode())
        finally:
            sys.stderr = None
            os._exit(127)
