"""What a local broker needs from its computer, each with the package or the change that brings it."""

import os
import tempfile
from collections.abc import Callable

from beamdesk.brokers.local.folders import MachineFolders
from beamdesk.brokers.local.plans import choose_desktop
from beamdesk.brokers.local.programs import BUS, KEYBOARD, SERVER, Program, missing
from beamdesk.brokers.local.settings import LocalSettings
from beamdesk.brokers.local.supervisor import limits
from beamdesk.brokers.protocol import HealthItem

__all__ = ["look"]


def look(settings: LocalSettings, folders: MachineFolders) -> list[HealthItem]:
    """Look at everything; a look that fails is an unhealthy item, not an error."""
    looks: tuple[tuple[str, Callable[[], HealthItem]], ...] = (
        ("desktop server", lambda: _programs("desktop server", (SERVER,), settings)),
        ("keyboard layouts", lambda: _programs("keyboard layouts", KEYBOARD, settings)),
        ("desktop", lambda: _desktop(settings)),
        ("session bus", lambda: _bus(settings)),
        ("folder", lambda: _folder(folders)),
        ("sockets", lambda: _sockets(folders)),
        ("limits", _limits),
    )
    items = []
    for name, look_at in looks:
        try:
            items.append(look_at())
        except OSError as error:
            items.append(HealthItem(name, healthy=False, sentence=f"It cannot be used: {error}."))
    return items


def _programs(name: str, programs: tuple[Program, ...], settings: LocalSettings) -> HealthItem:
    absent = missing(programs, settings.environment)
    if not absent:
        found = ", ".join(program.name for program in programs)
        return HealthItem(name, healthy=True, sentence=f"Installed: {found}.")
    names = ", ".join(program.name for program in absent)
    packages = " ".join(sorted({program.package for program in absent}))
    sentence = f"Missing: {names}. Install with: apt-get install --no-install-recommends {packages}"
    return HealthItem(name, healthy=False, sentence=sentence)


def _desktop(settings: LocalSettings) -> HealthItem:
    desktop = choose_desktop(settings.desktop, settings.environment)
    return _programs("desktop", desktop.NEEDED, settings)


def _bus(settings: LocalSettings) -> HealthItem:
    if missing((BUS,), settings.environment):
        sentence = f"Desktops start without a session bus; the Debian package {BUS.package} brings one."
        return HealthItem("session bus", healthy=True, sentence=sentence)
    return HealthItem("session bus", healthy=True, sentence=f"Installed: {BUS.name}.")


def _folder(folders: MachineFolders) -> HealthItem:
    folders.prepare()
    with tempfile.TemporaryFile(dir=folders.folder), folders.capacity():
        free = os.statvfs(folders.folder)
    gigabytes = free.f_bavail * free.f_frsize / 1e9
    sentence = f"{folders.folder} can be written; {gigabytes:.1f} GB are free."
    return HealthItem("folder", healthy=True, sentence=sentence)


def _sockets(folders: MachineFolders) -> HealthItem:
    if folders.sockets_fit:
        return HealthItem("sockets", healthy=True, sentence=f"They are made in {folders.runtime}.")
    sentence = f"{folders.runtime} is too long for sockets: set a shorter runtime_folder."
    return HealthItem("sockets", healthy=False, sentence=sentence)


def _limits() -> HealthItem:
    where = limits.places()
    if where.unified is not None:
        sentence = "Desktops are limited by cgroup version 2."
    else:
        kept = [name for name in ("memory", "pids", "cpu") if getattr(where, name) is not None]
        sentence = (
            f"Desktops are limited by cgroup version 1: {', '.join(kept)}."
            if kept
            else "No cgroup can be made here: memory is limited per process only."
        )
    return HealthItem("limits", healthy=True, sentence=sentence)
