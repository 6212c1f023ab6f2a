"""The XFCE desktop, where it is installed."""

from collections.abc import Mapping
from pathlib import Path

from beamdesk.brokers.local.programs import Program
from beamdesk.brokers.local.supervisor.plan import ServicePlan

__all__ = ["CONFIG", "NEEDED", "environment", "replacements", "stages"]

CONFIG = "xfce"
"""Folder of its configuration inside the assets."""
NEEDED = (
    Program("xfce4-session", "xfce4-session"),
    Program("xfwm4", "xfwm4"),
    Program("xfce4-panel", "xfce4-panel"),
    Program("xfdesktop", "xfdesktop4"),
    # The session keeps its settings there and cannot begin without a bus.
    Program("dbus-daemon", "dbus-daemon"),
)


def stages(config: Path, bus: tuple[ServicePlan, ...]) -> tuple[tuple[ServicePlan, ...], ...]:
    """The session starts everything else by itself, once there is a bus."""
    return bus, (ServicePlan("xfce4-session", ("xfce4-session",), essential=True),)


def environment(config: Path) -> dict[str, str]:
    return {"XDG_CURRENT_DESKTOP": "XFCE", "DESKTOP_SESSION": "xfce", "XDG_MENU_PREFIX": "xfce-"}


def replacements(inherited: Mapping[str, str]) -> dict[str, str]:
    return {}
