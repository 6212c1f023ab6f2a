"""Programs that a desktop needs, and the Debian packages that bring them."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["BUS", "DEFAULT_PATH", "KEYBOARD", "SERVER", "Program", "find", "missing"]

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
"""Search path of a desktop, unless its broker's settings give another; never the gateway's own."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program and the Debian package that it comes in."""

    name: str
    package: str


SERVER = Program("Xtigervnc", "tigervnc-standalone-server")
KEYBOARD = (Program("setxkbmap", "x11-xkb-utils"), Program("xkbcomp", "x11-xkb-utils"))
BUS = Program("dbus-daemon", "dbus-daemon")


def find(program: Program, environment: Mapping[str, str]) -> str | None:
    """Absolute path of *program* as the desktop would find it."""
    return shutil.which(program.name, path=environment.get("PATH", DEFAULT_PATH))


def missing(programs: Iterable[Program], environment: Mapping[str, str]) -> list[Program]:
    return [program for program in programs if find(program, environment) is None]
