"""From a machine and the broker's settings to the plan that a supervisor carries out."""

import contextlib
import os
import pwd
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local import light, xfce
from beamdesk.brokers.local.credentials import authority
from beamdesk.brokers.local.machine import Machine
from beamdesk.brokers.local.programs import BUS, DEFAULT_PATH, SERVER, find, missing
from beamdesk.brokers.local.settings import DesktopKind, LocalSettings
from beamdesk.brokers.local.supervisor.plan import READY_FD, LimitPlan, Plan, ServicePlan

__all__ = ["KEYBOARD_PATTERN", "choose_desktop", "home_seed", "plan_for"]

_ASSETS = Path(__file__).parent / "assets"
KEYBOARD_PATTERN = re.compile(r"([a-z]{2,16})(?:\(([a-zA-Z0-9_-]{1,32})\))?")
"""A layout of xkeyboard-config, with a variant in parentheses if wanted."""
_BACKGROUND = 0x16324A
_MAX_CLIPBOARD_BYTES = 8 * 1024 * 1024
_LONGEST_TITLE = 100
_MIB = 1024 * 1024


def choose_desktop(kind: DesktopKind, environment: Mapping[str, str]) -> ModuleType:
    """light.py or xfce.py: what is asked for, or what is installed."""
    if kind is DesktopKind.AUTO:
        return light if missing(xfce.NEEDED, environment) else xfce
    return xfce if kind is DesktopKind.XFCE else light


def home_seed(settings: LocalSettings) -> Path:
    """What a new home begins with; the folder need not exist."""
    desktop = choose_desktop(settings.desktop, settings.environment)
    return _ASSETS / "home" / str(desktop.CONFIG)


def plan_for(machine: Machine, settings: LocalSettings) -> Plan:
    """Write what the desktop's programs read, and say what to run.

    Two that do this at once for one machine write the same.
    """
    desktop = choose_desktop(settings.desktop, settings.environment)
    absent = missing((SERVER, *desktop.NEEDED), settings.environment)
    if absent:
        packages = " ".join(sorted({program.package for program in absent}))
        raise BrokerError(
            BrokerReason.PERMANENT,
            "Programs for desktops are missing on this computer.",
            detail=f"install the Debian packages {packages}",
        )
    config = machine.folder / "config"
    session = machine.runtime / "session"
    for folder in (machine.runtime, session):
        folder.mkdir(mode=0o700, exist_ok=True)
    _write_once(machine.authority_file, authority())
    places = {"@assets@": str(_ASSETS), "@config@": str(config)}
    _render(_ASSETS / desktop.CONFIG, config, {**places, **desktop.replacements(settings.environment)})
    flavour = settings.flavours.get(machine.spec.flavour)
    if flavour is None:
        raise BrokerError(BrokerReason.REJECTED, "This size of desktop is not offered any more.")
    return Plan(
        folder=str(machine.folder),
        group=machine.group,
        environment={
            **_environment(machine, session, config),
            **desktop.environment(config),
            **settings.environment,
        },
        home=str(machine.home),
        rfb_path=str(machine.rfb_path),
        server=_server(machine),
        preparations=_preparations(machine.spec.keyboard),
        stages=desktop.stages(config, _bus(session, settings.environment)),
        limits=LimitPlan(
            flavour.memory_mib * _MIB if flavour.memory_mib is not None else None, flavour.pids, flavour.cpus
        ),
        background=_BACKGROUND,
    )


def _server(machine: Machine) -> tuple[str, ...]:
    screen = machine.spec.screen
    title = "".join(letter for letter in machine.spec.name if letter.isprintable())[:_LONGEST_TITLE]
    return (
        *(SERVER.name, "-desktop", title or "Desktop"),
        *("-geometry", f"{screen.width}x{screen.height}", "-depth", "24", "-dpi", "96"),
        # The only way in is a socket that nobody but this user can open.
        *("-rfbunixpath", str(machine.rfb_path), "-rfbunixmode", "0600", "-rfbport", "-1", "-localhost"),
        *("-nolisten", "tcp", "-auth", str(machine.authority_file)),
        *("-SecurityTypes", "VncAuth", "-PasswordFile", str(machine.password_file)),
        # All viewers come from the one gateway: a list of bad addresses would shut everybody out.
        "-UseBlacklist=0",
        *("-AlwaysShared", "-AcceptSetDesktopSize"),
        # Selecting text must not replace what the person has copied elsewhere; copying it does.
        *("-SendPrimary=0", "-MaxCutText", str(_MAX_CLIPBOARD_BYTES)),
        # No screen saver, and no new start of the server when its last window closes.
        *("-s", "0", "-noreset"),
    )


def _preparations(keyboard: str) -> tuple[tuple[str, ...], ...]:
    matched = KEYBOARD_PATTERN.fullmatch(keyboard)
    if matched is None or keyboard == "us":
        # The server starts with the American layout.
        return ()
    layout, variant = matched.groups()
    return (("setxkbmap", "-model", "pc105", "-layout", layout, "-variant", variant or ""),)


def _bus(session: Path, environment: Mapping[str, str]) -> tuple[ServicePlan, ...]:
    if find(BUS, environment) is None:
        return ()
    command = (BUS.name, "--session", "--nofork", "--nopidfile", f"--address=unix:path={session}/bus")
    return (ServicePlan("dbus-daemon", (*command, "--print-address", READY_FD)),)


def _environment(machine: Machine, session: Path, config: Path) -> dict[str, str]:
    """Made from nothing: the gateway's own environment holds its secrets."""
    user = pwd.getpwuid(os.geteuid())
    environment = {
        "HOME": str(machine.home),
        "USER": user.pw_name,
        "LOGNAME": user.pw_name,
        "SHELL": "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh",
        "PATH": DEFAULT_PATH,
        "LANG": "C.UTF-8",
        "XAUTHORITY": str(machine.authority_file),
        "XDG_RUNTIME_DIR": str(session),
        "XDG_CONFIG_DIRS": f"{config}:/etc/xdg",
        "XDG_DATA_DIRS": f"{config}:{_ASSETS}/share:/usr/local/share:/usr/share",
        "XDG_SESSION_TYPE": "x11",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={session}/bus",
        # Settings are kept in a file of the home folder, without a daemon.
        "GSETTINGS_BACKEND": "keyfile",
        # There is no accessibility bus: asking for it delays the start of every program.
        "NO_AT_BRIDGE": "1",
        "GTK_A11Y": "none",
    }
    if zone := os.environ.get("TZ"):
        environment["TZ"] = zone
    return environment


def _render(source: Path, target: Path, replacements: Mapping[str, str]) -> None:
    """Copy a tree of text files, with the places that they name filled in."""
    for path in source.rglob("*"):
        if path.is_file():
            text = path.read_text()
            for name, value in replacements.items():
                text = text.replace(name, value)
            written = target / path.relative_to(source)
            written.parent.mkdir(parents=True, exist_ok=True)
            _replace(written, text.encode())


def _replace(path: Path, content: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:
            return
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(draft).replace(path)


def _write_once(path: Path, content: bytes) -> None:
    """Write a file that must not change while a desktop runs; readable by this user only."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
