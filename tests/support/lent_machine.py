"""A real Beamdesk server that lends one machine, which speaks whatever a test wants of it."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from support.gateway_process import GatewayProcess
from support.guacd_world import password_file
from support.ports import free_port
from support.sshd import Sshd
from support.xrdp import Xrdp
from support.xtigervnc import Xtigervnc

__all__ = [
    "Lend",
    "LentMachine",
    "by_rdp",
    "by_ssh",
    "by_vnc",
    "lending",
    "locked_desktop",
    "shell_on",
    "vnc_desktop",
]

_CONFIGURATION = """\
[brokers.lab]
kind = "fixed"
folder = "{folder}"

[[brokers.lab.machines]]
name = "only"
address = "127.0.0.1"
endpoints = [{{ {endpoint} }}]

[guacamole]
{guacamole}

[[plans]]
id = "machine"
name = "Machine"
broker = "lab"
preset = true
{plan}
"""


@dataclass(frozen=True)
class LentMachine:
    """What the configuration says of a machine, of its plan, and of guacd."""

    endpoint: dict[str, str | int]
    plan: dict[str, object]
    guacamole: dict[str, str | int] = field(default_factory=dict)


Lend: TypeAlias = Callable[[LentMachine], GatewayProcess]
"""Starts a server that lends a machine."""


def by_ssh(sshd: Sshd) -> LentMachine:
    """A terminal, and the files of its home."""
    parameters = {"private-key": sshd.private_key, "sftp-root-directory": str(sshd.home)}
    return LentMachine(
        {"protocol": "ssh", "port": sshd.port, "username": sshd.user},
        {"protocol": "ssh", "parameters": parameters},
    )


def by_rdp(xrdp: Xrdp, drive: Path) -> LentMachine:
    """A desktop, and guacd's folder *drive* as a drive of it."""
    parameters = {
        "security": "tls",
        "ignore-cert": "true",
        "enable-drive": "true",
        "drive-name": "Exchange",
        "drive-path": str(drive),
        "create-drive-path": "true",
    }
    return LentMachine(
        {"protocol": "rdp", "port": xrdp.port, "username": "ada", "password": "any"},
        {"protocol": "rdp", "parameters": parameters},
    )


def by_vnc(desktop: Xtigervnc, **guacamole: str | int) -> LentMachine:
    """A desktop behind RFB that is opened by guacd alone: the server's own, or the one that is configured."""
    # What may be copied from it decides that: RFB cannot withhold anything.
    plan: dict[str, object] = {"protocol": "rfb", "clipboard": "to-desktop"}
    return LentMachine({"protocol": "rfb", "port": desktop.port or 0}, plan, guacamole)


def vnc_desktop(folder: Path) -> Xtigervnc:
    """An X server that shows itself by VNC, to everybody."""
    return Xtigervnc(folder, "-SecurityTypes", "None", port=free_port(), geometry="800x600")


def locked_desktop(folder: Path, password: str) -> Xtigervnc:
    """As `vnc_desktop`, to those who know *password*."""
    options = "-SecurityTypes", "VncAuth", "-PasswordFile", str(password_file(folder, password))
    return Xtigervnc(folder, *options, port=free_port(), geometry="640x480")


@contextmanager
def lending(folder: Path, machine: LentMachine) -> Iterator[GatewayProcess]:
    """A running server whose only plan is *machine*."""
    server = GatewayProcess(folder / "beamdesk")
    server.folder.mkdir()
    (server.folder / "beamdesk.toml").write_text(
        _CONFIGURATION.format(
            folder=folder / "leases",
            endpoint=", ".join(_lines(machine.endpoint)),
            guacamole="\n".join(_lines(machine.guacamole)),
            plan="\n".join(_lines(machine.plan)),
        )
    )
    try:
        yield server.start()
    finally:
        server.stop()


_COLOURFUL = "for colour in $(seq 16 115); do printf '\\033[48;5;%sm ' $colour; done; printf '\\033[0m\\n'"


@contextmanager
def shell_on(
    desktop: Xtigervnc, home: Path, command: str = "exec sh -i", *, geometry: str = "100x30+0+0"
) -> Iterator[None]:
    """A terminal in the corner of *desktop* that shows some colours and then does *command* in *home*.

    No window manager runs: who types has to have the pointer on it.
    """
    home.mkdir(exist_ok=True)
    environment = {**os.environ, **desktop.environment(), "HOME": str(home), "PS1": "ready> ", "ENV": ""}
    with subprocess.Popen(
        ["xterm", "-geometry", geometry, "-e", "sh", "-c", f"{_COLOURFUL}; {command}"],
        env=environment,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as xterm:
        try:
            yield
        finally:
            xterm.terminate()


def _lines(values: dict[str, str | int] | dict[str, object]) -> list[str]:
    """As TOML, whose strings and inline tables are JSON's but for the colons."""
    return [f"{name} = {_value(value)}" for name, value in values.items()]


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(_lines(value))} }}"
    return json.dumps(value, ensure_ascii=False)
