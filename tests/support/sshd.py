"""A real OpenSSH server for the user who runs the tests, with keys and a configuration of its own.

It needs no account and no password of its own: a key opens it, and whoever signs in gets a plain shell whose
home is the fixture's folder. Programs as old as libssh2 1.9 (guacd 1.3) can sign in, too.
"""

import contextlib
import os
import pwd
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from support.ports import free_port, listens

__all__ = ["Sshd"]

_SEPARATION = Path("/run/sshd")
"""Where a server that runs as root puts what must not touch files; the system makes it at boot."""
_ATTEMPTS = 5

_CONFIGURATION = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_rsa
HostKey {folder}/host_ed25519
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
AuthenticationMethods publickey
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
HostKeyAlgorithms +ssh-rsa
PubkeyAcceptedAlgorithms +ssh-rsa
Subsystem sftp /usr/lib/openssh/sftp-server
ForceCommand {folder}/session
"""

_SESSION = """\
#!/bin/sh
# The home of whoever runs the tests is left alone.
HOME={home}
PS1='ready> '
export HOME PS1
unset ENV
cd "$HOME" || exit 1
[ -n "$SSH_ORIGINAL_COMMAND" ] && exec sh -c "$SSH_ORIGINAL_COMMAND"
exec sh -i
"""


class Sshd:
    """A machine that speaks SSH; use as a context manager. `home` is where its shells begin."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.port = 0
        self._folder = folder

    @property
    def private_key(self) -> str:
        """What opens it, in PEM."""
        return (self._folder / "client").read_text()

    @property
    def host_key(self) -> str:
        """A key that opens nothing, in PEM."""
        return (self._folder / "host_rsa").read_text()

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text()

    def __enter__(self) -> Self:
        self.home.mkdir()
        for name, kind in (("host_rsa", "rsa"), ("host_ed25519", "ed25519"), ("client", "rsa")):
            self._make_key(name, kind)
        (self._folder / "authorized_keys").write_bytes((self._folder / "client.pub").read_bytes())
        session = self._folder / "session"
        session.write_text(_SESSION.format(home=self.home))
        session.chmod(0o700)
        if os.getuid() == 0:
            # It stays: other test runs on this computer may have servers of their own.
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        for _ in range(_ATTEMPTS):  # somebody else may take the port first
            self.port = free_port()
            self._process = self._start()
            if listens(self._process, self.port):
                return self
        raise AssertionError(self.log)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it and all its sessions, as a machine that is switched off."""
        if self._process.poll() is not None:
            return
        processes = [psutil.Process(self._process.pid)]
        processes += processes[0].children(recursive=True)
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        psutil.wait_procs(processes[1:], timeout=10)

    def _start(self) -> subprocess.Popen[bytes]:
        configuration = self._folder / "sshd_config"
        configuration.write_text(_CONFIGURATION.format(port=self.port, folder=self._folder))
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                ["/usr/sbin/sshd", "-D", "-e", "-f", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _make_key(self, name: str, kind: str) -> None:
        subprocess.run(
            ["ssh-keygen", "-q", "-m", "PEM", "-t", kind, "-N", "", "-f", str(self._folder / name)],
            check=True,
            stdin=subprocess.DEVNULL,
        )
