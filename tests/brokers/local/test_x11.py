"""The watch for a window manager, byte by byte."""

import struct

import pytest

from beamdesk.brokers.local.supervisor.x11 import Watch

_ROOT = 0x25D
_ATOM = 301
_COOKIE = bytes(range(16))


def _setup(vendor: bytes = b"The TigerVNC Project", formats: int = 3) -> bytes:
    """Connection accepted, X protocol section 8: header, 32 fixed bytes, vendor, formats, first screen."""
    fixed = struct.pack(
        "<IIIIHHBBBBBBBBxxxx", 1, 2, 3, 4, len(vendor), 65535, 1, formats, 0, 0, 32, 32, 8, 255
    )
    body = (
        fixed + vendor + bytes(-len(vendor) % 4) + bytes(8 * formats) + struct.pack("<I", _ROOT) + bytes(36)
    )
    return struct.pack("<BxHHH", 1, 11, 0, len(body) // 4) + body


def _reply(value: int, extra: bytes = b"") -> bytes:
    return struct.pack("<BBHII", 1, 0, 1, len(extra) // 4, value).ljust(32, b"\0") + extra


def _property_changed(atom: int) -> bytes:
    return struct.pack("<BBHIIIBxxx", 28, 0, 9, _ROOT, atom, 1, 0).ljust(32, b"\0")


@pytest.mark.parametrize("vendor", [b"", b"x", b"four", b"The X.Org Foundation"])
@pytest.mark.parametrize("formats", [0, 7])
def test_it_waits_until_a_manager_announces_itself(vendor: bytes, formats: int) -> None:
    watch = Watch(_COOKIE, 0x123456)
    assert watch.start().endswith(_COOKIE)
    asked = watch.feed(_setup(vendor, formats))
    assert struct.unpack_from("<BxHIIII", asked) == (2, 5, _ROOT, 0x802, 0x123456, 0x400000)
    assert b"_NET_SUPPORTING_WM_CHECK" in asked
    get_property = struct.pack("<BBHIIIII", 20, 0, 6, _ROOT, _ATOM, 0, 0, 1)
    assert watch.feed(_reply(_ATOM)) == get_property
    assert watch.feed(_reply(0)) == b""
    assert not watch.managed
    assert watch.feed(_property_changed(_ATOM + 1)) == b""
    assert watch.feed(_property_changed(_ATOM)) == get_property
    watch.feed(_reply(33, struct.pack("<I", 0x400001)))
    assert watch.managed


def test_it_does_not_matter_how_the_bytes_come() -> None:
    stream = _setup() + _reply(_ATOM) + _reply(0) + _property_changed(_ATOM) + _reply(33, bytes(4))
    whole, dripped = Watch(_COOKIE, 0), Watch(_COOKIE, 0)
    expected = whole.feed(stream)
    answers = [dripped.feed(stream[position : position + 1]) for position in range(len(stream))]
    assert b"".join(answers) == expected
    assert whole.managed
    assert dripped.managed


def test_a_server_that_refuses_is_told_in_its_own_words() -> None:
    reason = b"No protocol specified\n\0\0"
    refusal = struct.pack("<BBHHH", 0, 22, 11, 0, len(reason) // 4) + reason
    with pytest.raises(ValueError, match="No protocol specified"):
        Watch(_COOKIE, 0).feed(refusal)
