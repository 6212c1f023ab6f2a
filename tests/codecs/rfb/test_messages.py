"""Client messages on the wire (RFC 6143, sections 7.4 and 7.5, and rfbproto)."""

import pytest

from beamdesk.codecs.rfb import messages
from beamdesk.codecs.rfb.constants import Encoding, FenceFlag
from beamdesk.codecs.rfb.errors import LocalProtocolError, RemoteProtocolError, RfbError, RfbReason
from beamdesk.codecs.rfb.pixel_format import BGRX, PixelFormat

WIRE = {
    "7.5.1 SetPixelFormat": (
        messages.set_pixel_format(BGRX),
        "00 000000 20 18 00 01 00ff 00ff 00ff 10 08 00 000000",
    ),
    "7.5.2 SetEncodings": (
        messages.set_encodings([Encoding.TIGHT, Encoding.EXTENDED_CLIPBOARD, Encoding.CURSOR]),
        "02 00 0003 00000007 c0a1e5ce ffffff11",
    ),
    "7.5.3 FramebufferUpdateRequest": (
        messages.framebuffer_update_request(1, 2, 640, 480, incremental=True),
        "03 01 0001 0002 0280 01e0",
    ),
    "7.5.4 KeyEvent": (messages.key_event(0xFFE1, down=True), "04 01 0000 0000ffe1"),
    "7.5.5 PointerEvent": (messages.pointer_event(300, 200, 5), "05 05 012c 00c8"),
    "7.5.6 ClientCutText": (messages.client_cut_text("ü日"), "06 000000 00000002 fc 3f"),
    "EnableContinuousUpdates": (
        messages.enable_continuous_updates(1, 2, 3, 4, enable=True),
        "96 01 0001 0002 0003 0004",
    ),
    "ClientFence": (messages.client_fence(FenceFlag.REQUEST, b"ab"), "f8 000000 80000000 02 6162"),
    "SetDesktopSize": (
        messages.set_desktop_size(1024, 768, screen_id=7, screen_flags=9),
        "fb 00 0400 0300 01 00 00000007 0000 0000 0400 0300 00000009",
    ),
    "QEMU Extended Key Event": (
        messages.qemu_extended_key_event(0xFF53, 0xCD, down=True),
        "ff 00 0001 0000ff53 000000cd",
    ),
}


@pytest.mark.parametrize("name", WIRE)
def test_wire(name):
    message, expected = WIRE[name]
    assert message == bytes.fromhex(expected)


def test_a_fence_past_the_limit_is_our_own_fault():
    assert len(messages.client_fence(FenceFlag(0), b"f" * 64)) == 9 + 64
    with pytest.raises(LocalProtocolError) as caught:
        messages.client_fence(FenceFlag(0), b"f" * 65)
    assert caught.value.reason is RfbReason.BAD_ARGUMENT


FORMATS = [
    "08 08 00 00 0000 0000 0000 00 00 00",
    "08 08 00 01 0007 0007 0003 00 03 06",
    "10 10 00 01 001f 003f 001f 0b 05 00",
    "10 10 01 01 001f 003f 001f 0b 05 00",
    "20 18 00 01 00ff 00ff 00ff 10 08 00",
    "20 20 01 01 03ff 03ff 03ff 14 0a 00",
    "20 18 00 01 00ff 00ff 00ff 18 10 08",
]


@pytest.mark.parametrize("wire", FORMATS)
def test_pixel_formats_survive_the_way(wire):
    data = bytes.fromhex(wire + "000000")
    decoded = PixelFormat.decode(data)
    assert decoded.encode() == data
    assert decoded.bytes_per_pixel == data[0] // 8


def test_details_of_errors_are_short_and_printable():
    error = RfbError(RfbReason.MALFORMED, "\x1b[31m" + "x" * 10_000 + "\n")
    assert len(error.detail) == 500
    assert error.detail.isprintable()
    assert str(error) == f"malformed: {error.detail}"


def test_blame_is_in_the_type():
    assert not issubclass(LocalProtocolError, RemoteProtocolError)
    assert {LocalProtocolError.__base__, RemoteProtocolError.__base__} == {RfbError}
