"""The light desktop: openbox with a panel, a desktop with icons, a terminal, files and an editor."""

from collections.abc import Mapping
from pathlib import Path

from beamdesk.brokers.local.programs import Program, find
from beamdesk.brokers.local.supervisor.plan import ServicePlan

__all__ = ["CONFIG", "NEEDED", "environment", "replacements", "stages"]

CONFIG = "light"
"""Folder of its configuration inside the assets."""
NEEDED = (
    Program("openbox", "openbox"),
    Program("tint2", "tint2"),
    Program("pcmanfm", "pcmanfm"),
    Program("lxterminal", "lxterminal"),
    Program("mousepad", "mousepad"),
)
_MENU = Program("jgmenu", "jgmenu")


def stages(config: Path, bus: tuple[ServicePlan, ...]) -> tuple[tuple[ServicePlan, ...], ...]:
    """The window manager starts beside the session bus, what talks on the bus after it."""
    window_manager = ServicePlan(
        "openbox", ("openbox", "--sm-disable", "--config-file", f"{config}/openbox/rc.xml"), essential=True
    )
    return (
        (window_manager, *bus),
        (
            ServicePlan("pcmanfm", ("pcmanfm", "--desktop", "--profile", "beamdesk")),
            ServicePlan("tint2", ("tint2", "-c", f"{config}/tint2/tint2rc")),
        ),
    )


def environment(config: Path) -> dict[str, str]:
    return {
        "GTK2_RC_FILES": f"{config}/gtk-2.0/gtkrc",
        "XDG_CURRENT_DESKTOP": "Beamdesk",
        "DESKTOP_SESSION": "beamdesk",
    }


def replacements(inherited: Mapping[str, str]) -> dict[str, str]:
    """Without the menu program the panel has no button for it."""
    return {"@panel_items@": "PLTC" if find(_MENU, inherited) else "LTC"}
