"""What machines that are shown by guacd look like: a terminal, an RDP desktop, a VNC desktop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.guacamole_person import SignIn
from support.lent_machine import Lend, LentMachine, by_rdp, by_ssh, by_vnc, shell_on, vnc_desktop
from support.looks import look
from support.sshd import Sshd
from support.xrdp import Xrdp

pytestmark = [pytest.mark.browser, pytest.mark.desktop, pytest.mark.guacd]


@pytest.fixture
def ssh(sshd: Sshd) -> LentMachine:
    return by_ssh(sshd)


@pytest.fixture
def rdp(xrdp: Xrdp, tmp_path: Path) -> Iterator[LentMachine]:
    with shell_on(xrdp.desktop, tmp_path / "home"):
        yield by_rdp(xrdp, tmp_path / "drive")


@pytest.fixture
def vnc(tmp_path: Path) -> Iterator[LentMachine]:
    with vnc_desktop(tmp_path) as desktop, shell_on(desktop, tmp_path / "home"):
        yield by_vnc(desktop)


@pytest.mark.parametrize("machine", ["ssh", "rdp", "vnc"])
async def test_a_machine_with_its_toolbar(
    request: pytest.FixtureRequest, lend: Lend, sign_in: SignIn, machine: str
) -> None:
    person = await sign_in(lend(request.getfixturevalue(machine)))
    await person.open_machine("Diffraction of ice")
    await person.show_toolbar()
    await person.toolbar_button("Pin toolbar").click()
    # Away from the buttons, whose tooltips fade in and out.
    await person.page.mouse.move(200, 500)
    await look(person.page, f"guacamole-{machine}")
