import struct

from beamdesk.brokers.local.credentials import Passwords, authority

_WRITTEN_BY_VNCPASSWD = bytes.fromhex("24b5ae4ce15503c6cca3391c132be464")


def test_a_password_file_is_what_vncpasswd_writes() -> None:
    passwords = Passwords("secret12", "view-onl")
    assert passwords.to_file() == _WRITTEN_BY_VNCPASSWD
    assert Passwords.from_file(_WRITTEN_BY_VNCPASSWD) == passwords


def test_short_passwords_are_padded() -> None:
    passwords = Passwords("short", "x")
    assert passwords.to_file()[:8] == bytes.fromhex("3405d7ae1b94524d")
    assert Passwords.from_file(passwords.to_file()) == passwords


def test_passwords_are_fresh_and_do_not_show() -> None:
    some = [Passwords.random() for _ in range(50)]
    assert len({word for passwords in some for word in (passwords.full, passwords.view_only)}) == 100
    assert some[0].full not in repr(some[0])
    assert some[0].view_only not in repr(some[0])


def test_an_authority_ends_with_its_cookie_and_fits_any_display() -> None:
    entry = authority()
    assert struct.unpack_from(">HHH", entry) == (0xFFFF, 0, 0)
    assert entry[6:26] == struct.pack(">H", 18) + b"MIT-MAGIC-COOKIE-1"
    assert struct.unpack_from(">H", entry, 26) == (16,)
    assert len(entry) == 28 + 16
    assert authority() != entry
