"""Keys and buttons that are released when a viewer leaves."""

import pytest

from beamdesk.codecs.rfb import messages
from beamdesk.codecs.rfb.held_input import MOST_HELD_KEYS, HeldInput

SHIFT, UPPER, LOWER = 0xFFE1, 0x41, 0x61


def test_nothing_held_releases_nothing():
    assert HeldInput().release_keys() == b""
    assert HeldInput().release_buttons() == b""


def test_keys_are_released_in_reverse_order_by_the_message_that_pressed_them():
    held = HeldInput()
    held.pass_key(messages.key_event(SHIFT, down=True))
    held.pass_key(messages.qemu_extended_key_event(UPPER, 0x1E, down=True))
    assert held.release_keys() == (
        messages.qemu_extended_key_event(UPPER, 0x1E, down=False) + messages.key_event(SHIFT, down=False)
    )
    assert held.release_keys() == b""


def test_a_released_key_is_forgotten():
    held = HeldInput()
    held.pass_key(messages.key_event(SHIFT, down=True))
    held.pass_key(messages.key_event(SHIFT, down=False))
    assert held.release_keys() == b""


def test_a_key_that_comes_up_as_another_letter_is_known_by_its_keycode():
    held = HeldInput()
    held.pass_key(messages.qemu_extended_key_event(UPPER, 0x1E, down=True))
    held.pass_key(messages.qemu_extended_key_event(LOWER, 0x1E, down=False))
    assert held.release_keys() == b""


def test_a_repeating_key_is_released_once():
    held = HeldInput()
    for _ in range(1000):
        assert held.pass_key(messages.key_event(LOWER, down=True))
    assert held.release_keys() == messages.key_event(LOWER, down=False)


@pytest.mark.parametrize("keycode", [None, 5])
def test_no_more_keys_than_the_limit(keycode):
    held = HeldInput()

    def press(keysym: int) -> bool:
        if keycode is None:
            return held.pass_key(messages.key_event(keysym, down=True))
        return held.pass_key(messages.qemu_extended_key_event(0, keysym, down=True))

    assert all(press(keysym) for keysym in range(1, MOST_HELD_KEYS + 1))
    assert not press(MOST_HELD_KEYS + 1)
    assert press(1), "a key that is down already may repeat"
    assert len(held.release_keys()) == MOST_HELD_KEYS * (8 if keycode is None else 12)


def test_buttons_are_released_where_the_pointer_was_last():
    held = HeldInput()
    held.pass_pointer(messages.pointer_event(1, 2, 0b001))
    held.pass_pointer(memoryview(messages.pointer_event(300, 400, 0b101)))
    assert held.release_buttons() == messages.pointer_event(300, 400, 0)
    assert held.release_buttons() == b""


def test_buttons_that_came_up_are_forgotten():
    held = HeldInput()
    held.pass_pointer(messages.pointer_event(1, 2, 0xFF))
    held.pass_pointer(messages.pointer_event(1, 2, 0))
    assert held.release_buttons() == b""
