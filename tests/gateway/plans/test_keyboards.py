"""Every keyboard layout that people can choose is one that X knows."""

import subprocess
from pathlib import Path

import pytest

from beamdesk.gateway.portal.plans.keyboards import KEYBOARDS

KEYMAP = """
xkb_keymap {{
    xkb_keycodes {{ include "evdev+aliases(qwerty)" }};
    xkb_types {{ include "complete" }};
    xkb_compat {{ include "complete" }};
    xkb_symbols {{ include "pc+{layout}+inet(evdev)" }};
}};
"""


def compiles(layout: str, folder: Path) -> bool:
    """Whether X's own compiler makes a keymap of the layout."""
    # Always a file of our own: the compiler replaces its output, also a device, which root may do.
    done = subprocess.run(
        ["xkbcomp", "-w", "0", "-xkm", "-", folder / "keymap"],
        input=KEYMAP.format(layout=layout).encode(),
        capture_output=True,
        check=False,
    )
    # It exits with 0 even when it gives up.
    return done.returncode == 0 and b"Error:" not in done.stderr


@pytest.mark.parametrize("layout", KEYBOARDS)
def test_the_layout_compiles(layout: str, tmp_path: Path) -> None:
    assert compiles(layout, tmp_path)


@pytest.mark.parametrize("layout", ["qwertz", "de(nowhere)"])
def test_a_made_up_layout_does_not(layout: str, tmp_path: Path) -> None:
    assert not compiles(layout, tmp_path)
