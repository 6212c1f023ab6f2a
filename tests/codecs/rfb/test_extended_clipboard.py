"""The extended clipboard on the wire (rfbproto, Extended Clipboard Pseudo-Encoding)."""

import struct
import zlib

import pytest

from beamdesk.codecs.rfb import extended_clipboard
from beamdesk.codecs.rfb.constants import ClipboardAction
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.extended_clipboard import ClipboardMessage, decode_payload

LIMIT = 1000


def provided(*pairs: bytes, flags: int = 0x10000001) -> bytes:
    packed = b"".join(struct.pack(">I", len(data)) + data for data in pairs)
    return struct.pack(">I", flags) + zlib.compress(packed)


def test_messages_on_the_wire():
    assert extended_clipboard.text_on_request() == bytes.fromhex("06000000 fffffff8 1f000001 00000000")
    assert extended_clipboard.request_text() == bytes.fromhex("06000000 fffffffc 02000001")
    assert extended_clipboard.notify_text() == bytes.fromhex("06000000 fffffffc 08000001")


def test_provided_text_has_cr_lf_and_a_terminating_null():
    message = extended_clipboard.provide_text("ä\nb\r\nc\rd")
    assert message[:12] == struct.pack(">B3xiI", 6, 8 - len(message), 0x10000001)
    expected = "ä\r\nb\r\nc\r\nd\0".encode()
    assert zlib.decompress(message[12:]) == struct.pack(">I", len(expected)) + expected


@pytest.mark.parametrize("text", ["", "plain", "Füße 日本語 🙂", "two\nlines\n", "a\0b"])
def test_text_survives_the_way(text):
    payload = extended_clipboard.provide_text(text)[8:]
    assert decode_payload(payload, limit=LIMIT) == ClipboardMessage(ClipboardAction.PROVIDE, 1, text)


@pytest.mark.parametrize(("size", "kept"), [(LIMIT, True), (LIMIT + 1, False)])
def test_text_at_the_limit_is_kept_and_past_it_left_out(size, kept):
    payload = provided(b"x" * size)
    assert decode_payload(payload, limit=LIMIT).text == ("x" * size if kept else None)


def test_a_bomb_is_not_inflated():
    payload = provided(bytes(50 << 20))
    assert decode_payload(payload, limit=LIMIT).text is None


def test_other_formats_behind_the_text_are_ignored():
    payload = provided(b"text\0", b"{\\rtf1}", flags=0x10000003)
    assert decode_payload(payload, limit=LIMIT) == ClipboardMessage(ClipboardAction.PROVIDE, 3, "text")


def test_without_text_there_is_none():
    payload = provided(b"{\\rtf1}", flags=0x10000002)
    assert decode_payload(payload, limit=LIMIT) == ClipboardMessage(ClipboardAction.PROVIDE, 2)


def test_capabilities_may_carry_sizes():
    payload = struct.pack(">II", 0x1F000001, 0)
    assert decode_payload(payload, limit=LIMIT).actions & ClipboardAction.CAPS


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x10\0\0",
        struct.pack(">I", 0x10000001),
        struct.pack(">I", 0x10000001) + b"not zlib",
        struct.pack(">I", 0x10000001) + zlib.compress(b"\0\0\0"),
        struct.pack(">I", 0x10000001) + zlib.compress(b"\0\0\0\5four"),
        provided(b"cut short" * 50)[:-20],
    ],
    ids=["nothing", "three bytes", "no data", "no zlib", "no size", "less than its size", "cut short"],
)
def test_refuses_what_is_no_message(payload):
    with pytest.raises(RemoteProtocolError) as caught:
        decode_payload(payload, limit=LIMIT)
    assert caught.value.reason is RfbReason.MALFORMED


def test_text_that_is_no_utf_8_is_marked():
    assert decode_payload(provided(b"\xff\0"), limit=LIMIT).text == "\N{REPLACEMENT CHARACTER}"
