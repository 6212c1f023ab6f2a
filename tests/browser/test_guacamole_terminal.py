"""A terminal by SSH: typed in, resized with the window, and the clipboard in both directions."""

import re

import pytest
from playwright.async_api import expect

from support.desktop_person import eventually
from support.guacamole_person import GuacamolePerson, SignIn
from support.lent_machine import Lend, by_ssh
from support.sshd import Sshd

pytestmark = [pytest.mark.browser, pytest.mark.guacd]

ASTRAL = "Füße 日本語 😀𝄞"


@pytest.fixture
async def terminal(sshd: Sshd, lend: Lend, sign_in: SignIn) -> GuacamolePerson:
    """Somebody in front of a shell."""
    person = await sign_in(lend(by_ssh(sshd)))
    await person.open_machine()
    await person.click(300, 200)
    return person


async def test_what_is_typed_is_done_on_the_machine(terminal: GuacamolePerson, sshd: Sshd) -> None:
    await terminal.type_command("tty > draft; mv draft terminal")
    assert (await _content(sshd, "terminal")).startswith("/dev/pts/")
    assert terminal.streams == ["guacamole"]


async def test_a_terminal_follows_the_window(terminal: GuacamolePerson, sshd: Sshd) -> None:
    before = await _size(terminal, sshd)
    await terminal.page.set_viewport_size({"width": 900, "height": 500})
    await eventually(lambda: _is_smaller(terminal, sshd, before), "a smaller terminal")


async def test_the_clipboard_carries_all_of_unicode(terminal: GuacamolePerson, sshd: Sshd) -> None:
    await terminal.send_to_clipboard(ASTRAL)
    await terminal.page.keyboard.type("printf '%s' '")
    await terminal.screen.click(position={"x": 300, "y": 300}, button="middle", force=True)
    await terminal.type_command("' > draft; mv draft said")
    assert await _content(sshd, "said") == ASTRAL

    (sshd.home / "words").write_text(f"{ASTRAL}\n")
    await terminal.type_command("clear; cat words; touch shown")
    await _content(sshd, "shown", empty=True)
    await eventually(lambda: _selected(terminal), "the selected text in the clipboard panel")


async def _selected(person: GuacamolePerson) -> bool:
    """Drag over the terminal's first line, which copies it, and look into the clipboard panel."""
    mouse = person.page.mouse
    await mouse.move(3, 12)
    await mouse.down()
    await mouse.move(400, 12, steps=6)
    await mouse.up()
    panel = await person.open_clipboard()
    text = panel.get_by_role("textbox")
    await expect(text).to_be_focused()
    try:
        await expect(text).to_have_value(re.compile(ASTRAL), timeout=2_000)
    except AssertionError:
        return False
    finally:
        await person.page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
    return True


async def _content(sshd: Sshd, name: str, *, empty: bool = False) -> str:
    """Of a file in the home folder, once it is there."""

    async def exists() -> bool:
        return (sshd.home / name).exists()

    await eventually(exists, f"the file {name} on the machine")
    content = (sshd.home / name).read_text()
    assert bool(content) is not empty
    return content.strip()


async def _size(person: GuacamolePerson, sshd: Sshd) -> tuple[int, int]:
    (sshd.home / "size").unlink(missing_ok=True)
    await person.type_command("stty size > draft; mv draft size")
    rows, columns = (await _content(sshd, "size")).split()
    return int(rows), int(columns)


async def _is_smaller(person: GuacamolePerson, sshd: Sshd, before: tuple[int, int]) -> bool:
    rows, columns = await _size(person, sshd)
    return rows < before[0] and columns < before[1]
