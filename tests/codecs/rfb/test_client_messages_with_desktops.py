"""What a real Xtigervnc does with what passes the filter."""

import struct
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from beamdesk.codecs.rfb import extended_clipboard, messages
from beamdesk.codecs.rfb.client_handshake import ClientHandshake
from beamdesk.codecs.rfb.client_messages import ClientMessages
from beamdesk.codecs.rfb.constants import ClipboardAction, Encoding
from beamdesk.codecs.rfb.framebuffer_client import FramebufferClient
from beamdesk.codecs.rfb.framebuffer_events import CutText, ExtendedCutText, Resized
from beamdesk.codecs.rfb.viewer_policy import EVERY_KIND, VIEWING, ViewerPolicy
from support.xtigervnc import Xtigervnc

pytestmark = pytest.mark.desktop

WITHIN = 10
SECRET = "grüße from the desktop"


class Viewer:
    """A viewer behind the filter: what it says passes ClientMessages, what it is told is decoded."""

    def __init__(self, desktop: Xtigervnc, shell, policy: ViewerPolicy) -> None:
        entered = shell.enter(desktop.connect(), ClientHandshake())
        self.connection = entered.connection
        self.events: list[object] = []
        init = entered.server_init
        self._decoder = FramebufferClient(init.width, init.height)
        self._decoder.bytes_to_send()
        self.filter = ClientMessages(policy)
        self.connection.sendall(self.filter.opening())

    def say(self, *said: bytes) -> None:
        for data in said:
            for piece in self.filter.receive(data):
                self.connection.sendall(piece)

    def wait_until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN
        while not reached():
            assert time.monotonic() < deadline, self.events
            self.listen()

    def listen(self) -> None:
        self.connection.settimeout(0.05)
        try:
            received = self.connection.recv(1 << 16)
        except TimeoutError:
            return
        assert received, "the desktop closed the connection"
        self.events += self._decoder.receive(received)

    def catch_up(self) -> None:
        """Return when the desktop has done all that was said before, and what it then sent is decoded."""
        self.events.append(None)
        self.say(messages.framebuffer_update_request(0, 0, 1, 1, incremental=False))
        mark = len(self.events)
        self.wait_until(lambda: len(self.events) > mark)

    def texts(self) -> list[str]:
        found = []
        for event in self.events:
            match event:
                case CutText(text=text):
                    found.append(text)
                case ExtendedCutText(message=message) if message.text is not None:
                    found.append(message.text)
        return found

    def announcements(self) -> int:
        return sum(
            isinstance(event, ExtendedCutText)
            and event.message.actions == ClipboardAction.NOTIFY
            and event.message.formats == extended_clipboard.TEXT_FORMAT
            for event in self.events
        )


@pytest.fixture
def enter(desktop: Xtigervnc, shell) -> Iterator[Callable[[ViewerPolicy], Viewer]]:
    viewers: list[Viewer] = []

    def entered(policy: ViewerPolicy) -> Viewer:
        viewers.append(Viewer(desktop, shell, policy))
        return viewers[-1]

    yield entered
    for viewer in viewers:
        viewer.connection.close()


@pytest.fixture
def copied(desktop: Xtigervnc) -> Iterator[Callable[[str], None]]:
    """Puts text on the desktop's clipboard, as a program there would."""
    running: list[subprocess.Popen[bytes]] = []

    def copy(text: str) -> None:
        program = subprocess.Popen(
            ["xclip", "-quiet", "-selection", "clipboard"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=desktop.environment(),
        )
        running.append(program)
        assert program.stdin
        program.stdin.write(text.encode())
        program.stdin.close()

    yield copy
    for program in running:
        program.terminate()
        program.wait()


OFFER = messages.set_encodings([Encoding.RAW, Encoding.EXTENDED_DESKTOP_SIZE, Encoding.EXTENDED_CLIPBOARD])
OWNER = ViewerPolicy(EVERY_KIND)
GUEST = ViewerPolicy(VIEWING)


def test_an_unguarded_viewer_gets_text_without_asking(enter, copied):
    """Why the guard exists: to offer the extension, or not to, is enough to be sent the text."""
    offering, plain = enter(ViewerPolicy(VIEWING, guard_clipboard=False)), enter(OWNER)
    offering.say(OFFER)
    plain.say(messages.set_encodings([Encoding.RAW]))
    offering.catch_up()
    plain.catch_up()
    copied(SECRET)
    for viewer in (offering, plain):
        viewer.wait_until(viewer.texts)
        assert viewer.texts() == [SECRET]


def test_a_guest_learns_that_there_is_text_but_never_which(enter, copied):
    greedy = struct.pack(">B3xiII", 6, -8, 0x1F000001, 20 << 20)
    silent, asking, owner = enter(GUEST), enter(GUEST), enter(OWNER)
    asking.say(OFFER, greedy, extended_clipboard.request_text())
    owner.say(OFFER)
    asking.catch_up()
    owner.catch_up()
    copied(SECRET)
    owner.wait_until(owner.texts)
    asking.wait_until(asking.announcements)
    silent.wait_until(silent.announcements)
    asking.say(extended_clipboard.request_text(), greedy)
    for viewer in (asking, silent):
        viewer.catch_up()
        assert viewer.texts() == []
    assert owner.texts() == [SECRET]


def test_leaving_releases_keys_and_buttons(desktop: Xtigervnc, enter):
    owner = enter(OWNER)
    shift_left = 50  # X keycode of XT scan code 0x2A
    owner.say(
        messages.pointer_event(100, 50, 0),
        messages.qemu_extended_key_event(0xFFE1, 0x2A, down=True) + messages.pointer_event(20, 30, 0b1)[:3],
        messages.pointer_event(20, 30, 0b1)[3:],
    )
    owner.catch_up()
    assert shift_left in desktop.pressed_keycodes()
    assert desktop.pointer() == (20, 30, 1)
    owner.connection.sendall(owner.filter.release())
    owner.catch_up()
    assert desktop.pressed_keycodes() == set()
    assert desktop.pointer() == (20, 30, 0)


def test_a_guest_moves_nothing(desktop: Xtigervnc, enter):
    owner, guest = enter(OWNER), enter(GUEST)
    owner.say(messages.pointer_event(5, 6, 0))
    owner.catch_up()
    size = messages.set_desktop_size(640, 480)
    guest.say(
        OFFER + messages.key_event(0x61, down=True) + messages.pointer_event(200, 100, 1) + size,
        messages.client_cut_text("from a guest"),
        *[bytes([byte]) for byte in messages.pointer_event(200, 100, 1) + size],
    )
    guest.catch_up()
    assert desktop.pressed_keycodes() == set()
    assert desktop.pointer() == (5, 6, 0)
    assert not [event for event in guest.events if isinstance(event, Resized)]


def test_an_owner_resizes_and_implausible_sizes_do_not_arrive(enter):
    owner = enter(OWNER)
    owner.say(OFFER)
    owner.catch_up()
    for width, height in ((640, 480), (320, 240)):
        owner.events.clear()
        owner.say(
            messages.set_desktop_size(1, 1),
            messages.set_desktop_size(65535, 65535),
            messages.set_desktop_size(width, height),
        )
        owner.say(messages.framebuffer_update_request(0, 0, width, height, incremental=True))
        owner.wait_until(lambda: any(isinstance(event, Resized) for event in owner.events))
        assert [event for event in owner.events if isinstance(event, Resized)] == [Resized(width, height)]


def test_text_of_an_owner_arrives(desktop: Xtigervnc, enter):
    owner = enter(OWNER)
    owner.say(OFFER, extended_clipboard.notify_text())
    owner.catch_up()
    reading = subprocess.Popen(
        ["xclip", "-selection", "clipboard", "-o"], stdout=subprocess.PIPE, env=desktop.environment()
    )
    with reading:
        owner.wait_until(
            lambda: any(
                isinstance(event, ExtendedCutText) and event.message.actions == ClipboardAction.REQUEST
                for event in owner.events
            )
        )
        owner.say(extended_clipboard.provide_text("Füße 日本語\nsecond line"))
        owner.catch_up()
        pasted, _ = reading.communicate(timeout=WITHIN)
    assert pasted.decode() == "Füße 日本語\nsecond line"
