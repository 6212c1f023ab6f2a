"""What passes from a viewer to its desktop, message by message (RFC 6143, section 7.5, and rfbproto)."""

import struct
import tracemalloc

import pytest

from beamdesk.codecs.rfb import extended_clipboard, messages
from beamdesk.codecs.rfb.client_messages import ClientMessages, Dropped
from beamdesk.codecs.rfb.constants import Encoding, FenceFlag
from beamdesk.codecs.rfb.errors import LocalProtocolError, RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.pixel_format import BGRX
from beamdesk.codecs.rfb.viewer_policy import EVERY_KIND, VIEWING, DropReason, MessageKind, ViewerPolicy

EVERYTHING = ViewerPolicy(EVERY_KIND)
GUEST = ViewerPolicy(VIEWING)
NOTHING = ViewerPolicy(frozenset(), guard_clipboard=False)

OFFER = messages.set_encodings([Encoding.RAW, Encoding.EXTENDED_CLIPBOARD])
REQUEST = messages.framebuffer_update_request(0, 0, 640, 480, incremental=True)

# name: bytes, kind
MESSAGES = {
    "SetPixelFormat": (messages.set_pixel_format(BGRX), MessageKind.SET_PIXEL_FORMAT),
    "SetEncodings": (OFFER, MessageKind.SET_ENCODINGS),
    "SetEncodings, empty": (messages.set_encodings([]), MessageKind.SET_ENCODINGS),
    "FramebufferUpdateRequest": (REQUEST, MessageKind.FRAMEBUFFER_UPDATE_REQUEST),
    "KeyEvent": (messages.key_event(0x61, down=True), MessageKind.KEY_EVENT),
    "PointerEvent": (messages.pointer_event(10, 20, 0b101), MessageKind.POINTER_EVENT),
    "PointerEvent, eighth button": (messages.pointer_event(10, 20, 0x80), MessageKind.POINTER_EVENT),
    "ClientCutText": (messages.client_cut_text("Füße"), MessageKind.CLIPBOARD_TO_DESKTOP),
    "ClientCutText, empty": (messages.client_cut_text(""), MessageKind.CLIPBOARD_TO_DESKTOP),
    "clipboard notify": (extended_clipboard.notify_text(), MessageKind.CLIPBOARD_TO_DESKTOP),
    "clipboard provide": (extended_clipboard.provide_text("日本語"), MessageKind.CLIPBOARD_TO_DESKTOP),
    "clipboard request": (extended_clipboard.request_text(), MessageKind.CLIPBOARD_FROM_DESKTOP),
    "clipboard peek": (bytes.fromhex("06000000 fffffffc 04000000"), MessageKind.CLIPBOARD_FROM_DESKTOP),
    "clipboard caps": (extended_clipboard.text_on_request(), MessageKind.CLIPBOARD_FROM_DESKTOP),
    "EnableContinuousUpdates": (
        messages.enable_continuous_updates(0, 0, 640, 480, enable=True),
        MessageKind.ENABLE_CONTINUOUS_UPDATES,
    ),
    "ClientFence": (messages.client_fence(FenceFlag.REQUEST, b"12345678"), MessageKind.CLIENT_FENCE),
    "ClientFence, empty": (messages.client_fence(FenceFlag(0)), MessageKind.CLIENT_FENCE),
    "xvp": (bytes.fromhex("fa000102"), MessageKind.XVP),
    "SetDesktopSize": (messages.set_desktop_size(1024, 768), MessageKind.SET_DESKTOP_SIZE),
    "gii, big endian": (bytes.fromhex("fd 81 0002 0001"), MessageKind.GII),
    "gii, little endian": (bytes.fromhex("fd 01 0200 0100"), MessageKind.GII),
    "QEMU key": (messages.qemu_extended_key_event(0x61, 0x1E, down=True), MessageKind.KEY_EVENT),
    "QEMU audio on": (bytes.fromhex("ff010000"), MessageKind.QEMU_AUDIO),
    "QEMU audio off": (bytes.fromhex("ff010001"), MessageKind.QEMU_AUDIO),
    "QEMU audio format": (bytes.fromhex("ff010002 03 02 0000ac44"), MessageKind.QEMU_AUDIO),
}
ONLY_INPUT = [name for name, (_, kind) in MESSAGES.items() if kind not in VIEWING]


def opened(policy: ViewerPolicy) -> ClientMessages:
    parser = ClientMessages(policy)
    parser.opening()
    return parser


def passed(parser: ClientMessages, *chunks: bytes) -> bytes:
    return b"".join(bytes(piece) for chunk in chunks for piece in parser.receive(chunk))


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_allowed_passes_unchanged_and_uncopied(name):
    message, _ = MESSAGES[name]
    parser = opened(EVERYTHING)
    passed(parser, OFFER)
    (only,) = parser.receive(message)
    assert only is message
    assert not parser.dropped
    assert parser.held == 0


@pytest.mark.parametrize("name", MESSAGES)
def test_every_split_of_a_message_passes_the_same(name):
    message, _ = MESSAGES[name]
    for cut in range(1, len(message)):
        parser = opened(EVERYTHING)
        passed(parser, OFFER)
        assert passed(parser, message[:cut]) == b"", "half a message must never reach the desktop"
        assert passed(parser, message[cut:]) == message
        assert parser.held == 0


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_not_allowed_vanishes_whole(name):
    message, kind = MESSAGES[name]
    policy = ViewerPolicy(EVERY_KIND - {kind}, guard_clipboard=False)
    marker = REQUEST if kind is MessageKind.XVP else b"\xfa\0\1\2"
    for chunks in (
        [OFFER, marker + message + marker],
        [OFFER, marker, message, marker],
        [OFFER, *bytewise(marker + message + marker)],
        *([OFFER, marker + message[:cut], message[cut:] + marker] for cut in range(1, len(message))),
    ):
        parser = opened(policy)
        offered = b"" if kind is MessageKind.SET_ENCODINGS else OFFER
        assert passed(parser, *chunks) == offered + marker + marker
        lost = Dropped(kind, DropReason.NOT_ALLOWED)
        assert parser.dropped[lost] == (2 if kind is MessageKind.SET_ENCODINGS else 1)
        assert parser.held == 0


@pytest.mark.parametrize("name", ONLY_INPUT)
def test_a_guest_sends_no_input_whatever_surrounds_it(name):
    message, kind = MESSAGES[name]
    parser = opened(GUEST)
    assert passed(parser, OFFER + message + REQUEST + message, message[:1], message[1:] + REQUEST) == (
        OFFER + REQUEST + REQUEST
    )
    assert parser.dropped == {(kind, DropReason.NOT_ALLOWED): 3}


@pytest.mark.parametrize("name", [name for name in MESSAGES if name not in ONLY_INPUT])
def test_a_guest_may_look(name):
    message, kind = MESSAGES[name]
    parser = opened(ViewerPolicy(VIEWING, guard_clipboard=False))
    assert kind in VIEWING
    assert passed(parser, message) == message


def test_nothing_allowed_passes_nothing():
    everything = b"".join(message for message, _ in MESSAGES.values())
    parser = opened(NOTHING)
    assert passed(parser, everything) == b""
    assert passed(opened(NOTHING), *bytewise(everything)) == b""
    assert sum(parser.dropped.values()) == len(MESSAGES)


def test_two_messages_in_one_chunk_are_judged_each():
    pointer = messages.pointer_event(1, 2, 0)
    parser = opened(GUEST)
    pieces = parser.receive(REQUEST + pointer + REQUEST + REQUEST + pointer)
    assert [bytes(piece) for piece in pieces] == [REQUEST, REQUEST + REQUEST]


UNKNOWN = {
    "UltraVNC text chat": b"\x0b\0\0\0",
    "VMware": b"\x7f\0\0\0",
    "file transfer": b"\x07" * 20,
    "QEMU, unknown": b"\xff\x02",
    "QEMU audio, unknown": b"\xff\x01\x00\x03",
    "clipboard of 3 bytes": bytes.fromhex("06000000 fffffffd"),
    "clipboard of 1 byte": bytes.fromhex("06000000 ffffffff"),
    "clipboard, no action": bytes.fromhex("06000000 fffffffc 00000001"),
    "clipboard, two actions": bytes.fromhex("06000000 fffffffc 0a000001"),
    "clipboard, reserved action": bytes.fromhex("06000000 fffffffc 20000001"),
}


@pytest.mark.parametrize("policy", [EVERYTHING, GUEST, NOTHING], ids=["everything", "guest", "nothing"])
@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_measured_ends_the_conversation(name, policy):
    for chunks in ([UNKNOWN[name]], bytewise(UNKNOWN[name])):
        with pytest.raises(RemoteProtocolError) as caught:
            passed(opened(policy), *chunks)
        assert caught.value.reason in {RfbReason.UNKNOWN_MESSAGE, RfbReason.MALFORMED}


@pytest.mark.parametrize("message_type", range(256))
def test_each_message_type_is_known_or_refused(message_type):
    known = {message[0] for message, _ in MESSAGES.values()}
    if message_type in known:
        passed(opened(EVERYTHING), bytes([message_type]))
    else:
        with pytest.raises(RemoteProtocolError) as caught:
            passed(opened(EVERYTHING), bytes([message_type]))
        assert caught.value.reason is RfbReason.UNKNOWN_MESSAGE


def test_encodings_at_the_limit_pass_and_past_it_end_the_conversation():
    full = messages.set_encodings([Encoding.RAW] * 1024)
    assert passed(opened(EVERYTHING), full) == full
    with pytest.raises(RemoteProtocolError) as caught:
        passed(opened(EVERYTHING), messages.set_encodings([Encoding.RAW] * 1025)[:4])
    assert caught.value.reason is RfbReason.TOO_LARGE


@pytest.mark.parametrize("sign", [1, -1], ids=["plain", "extended"])
def test_cut_text_at_the_limit_passes_and_past_it_vanishes(sign):
    policy = ViewerPolicy(EVERY_KIND, longest_cut_text=1000)
    notify = b"\x08\0\0\1"
    for size, passes in ((1000, True), (1001, False)):
        message = struct.pack(">B3xi", 6, sign * size) + notify + b"x" * (size - 4)
        for chunks in ([message + REQUEST], bytewise(message + REQUEST)):
            parser = opened(policy)
            passed(parser, OFFER)
            assert passed(parser, *chunks) == (message if passes else b"") + REQUEST
            too_large = (MessageKind.CLIPBOARD_TO_DESKTOP, DropReason.TOO_LARGE)
            assert parser.dropped == ({} if passes else {too_large: 1})


@pytest.mark.parametrize("declared", ["7fffffff", "80000000"])
def test_gigabytes_that_are_announced_are_skipped_without_being_held(declared):
    parser = opened(EVERYTHING)
    passed(parser, OFFER, bytes.fromhex("06000000" + declared + "10000001"))
    chunk = bytes(1 << 16)
    tracemalloc.start()
    try:
        for _ in range(1000):
            assert list(parser.receive(chunk)) == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert parser.held == 0
    assert peak < 1 << 16


def test_a_large_text_is_held_once_and_passed_as_one_piece():
    message = messages.client_cut_text("x" * (1 << 20))
    parser = opened(EVERYTHING)
    for start in range(0, len(message), 1 << 14):
        pieces = parser.receive(message[start : start + (1 << 14)])
        assert parser.held <= len(message)
    assert [bytes(piece) for piece in pieces] == [message]
    assert parser.held == 0


def test_a_fence_at_the_limit_passes_and_past_it_vanishes():
    fence = messages.client_fence(FenceFlag(0), b"f" * 64)
    longer = fence[:8] + bytes([65]) + b"f" * 65
    parser = opened(EVERYTHING)
    assert passed(parser, fence, longer + REQUEST) == fence + REQUEST
    assert parser.dropped == {(MessageKind.CLIENT_FENCE, DropReason.TOO_LARGE): 1}


SIZES = {
    (64, 64): True,
    (63, 64): False,
    (64, 63): False,
    (8192, 4050): True,
    (8193, 64): False,
    (64, 8192): True,
    (64, 8193): False,
    (7680, 4320): True,
    (7681, 4320): False,
    (0, 0): False,
    (65535, 65535): False,
}


@pytest.mark.parametrize("size", SIZES)
def test_only_plausible_desktop_sizes_pass(size):
    message = messages.set_desktop_size(*size)
    parser = opened(EVERYTHING)
    assert passed(parser, message + REQUEST) == (message if SIZES[size] else b"") + REQUEST
    out_of_range = (MessageKind.SET_DESKTOP_SIZE, DropReason.OUT_OF_RANGE)
    assert parser.dropped == ({} if SIZES[size] else {out_of_range: 1})


SCREENS = {
    "none": ([], False),
    "two side by side": ([(0, 0, 400, 600), (400, 0, 400, 600)], True),
    "one beyond the right": ([(1, 0, 800, 600)], False),
    "one below the bottom": ([(0, 1, 800, 600)], False),
    "second beyond": ([(0, 0, 800, 600), (65535, 65535, 65535, 65535)], False),
    "255": ([(0, 0, 800, 600)] * 255, True),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screens_lie_within_the_desktop(name):
    screens, plausible = SCREENS[name]
    message = struct.pack(">BxHHBx", 251, 800, 600, len(screens)) + b"".join(
        struct.pack(">IHHHHI", number, *screen, 0) for number, screen in enumerate(screens)
    )
    for chunks in ([message], bytewise(message)):
        assert passed(opened(EVERYTHING), *chunks) == (message if plausible else b"")


@pytest.mark.parametrize(
    ("offset", "value"),
    [(4, 0), (4, 24), (4, 64), (5, 0), (5, 33), (9, 254), (14, 25), (16, 255)],
    ids=["0 bits", "24 bits", "64 bits", "depth 0", "depth 33", "odd maximum", "red beyond", "shift 255"],
)
def test_a_pixel_format_that_nobody_can_draw_with_ends_the_conversation(offset, value):
    message = bytearray(messages.set_pixel_format(BGRX))
    message[offset] = value
    with pytest.raises(RemoteProtocolError) as caught:
        passed(opened(EVERYTHING), bytes(message))
    assert caught.value.reason is RfbReason.MALFORMED


def test_the_offer_that_makes_pointer_events_ambiguous_is_taken_out():
    offered = [Encoding.TIGHT, Encoding.EXTENDED_MOUSE_BUTTONS, Encoding.EXTENDED_CLIPBOARD]
    message = messages.set_encodings(offered)
    expected = messages.set_encodings([Encoding.TIGHT, Encoding.EXTENDED_CLIPBOARD])
    for policy in (EVERYTHING, GUEST):
        assert passed(opened(policy), message + REQUEST) == expected + REQUEST
        assert passed(opened(policy), *bytewise(message)) == expected


def test_a_long_pointer_event_cannot_smuggle_a_message():
    """Were the seventh byte taken for part of it, a desktop that reads six would read SetDesktopSize."""
    no_resize = ViewerPolicy(EVERY_KIND - {MessageKind.SET_DESKTOP_SIZE})
    resize = messages.set_desktop_size(640, 480)
    parser = opened(no_resize)
    passed(parser, messages.set_encodings([Encoding.EXTENDED_MOUSE_BUTTONS]))
    pointer = messages.pointer_event(1, 1, 0x81)
    assert passed(parser, pointer + resize) == pointer


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [
        (Encoding.XVP, MessageKind.XVP),
        (Encoding.QEMU_AUDIO, MessageKind.QEMU_AUDIO),
        (Encoding.GII, MessageKind.GII),
    ],
)
def test_messages_that_may_not_be_sent_are_not_offered(encoding, kind):
    message = messages.set_encodings([encoding, Encoding.EXTENDED_CLIPBOARD])
    assert passed(opened(EVERYTHING), message) == message
    without = ViewerPolicy(EVERY_KIND - {kind})
    assert passed(opened(without), message) == messages.set_encodings([Encoding.EXTENDED_CLIPBOARD])


def test_an_extended_clipboard_message_without_the_offer_vanishes():
    """A server without the extension reads its negative length as four gigabytes of text."""
    parser = opened(EVERYTHING)
    notify = extended_clipboard.notify_text()
    assert passed(parser, notify, messages.set_encodings([Encoding.RAW]), notify) == (
        messages.set_encodings([Encoding.RAW])
    )
    assert parser.dropped == {(MessageKind.CLIPBOARD_TO_DESKTOP, DropReason.NOT_OFFERED): 2}
    assert passed(parser, OFFER, notify) == OFFER + notify


def test_opening_states_capabilities_for_a_guarded_viewer():
    expected = messages.set_encodings([Encoding.EXTENDED_CLIPBOARD]) + extended_clipboard.text_on_request()
    assert ClientMessages(GUEST).opening() == expected
    assert ClientMessages(EVERYTHING).opening() == b""
    assert ClientMessages(ViewerPolicy(VIEWING, guard_clipboard=False)).opening() == b""


def test_a_guarded_viewer_cannot_undo_the_guard():
    parser = opened(GUEST)
    greedy = struct.pack(">B3xiII", 6, -8, 0x1F000001, 20 << 20)
    assert passed(parser, OFFER, greedy, extended_clipboard.request_text()) == OFFER
    with pytest.raises(RemoteProtocolError) as caught:
        passed(parser, messages.set_encodings([Encoding.RAW]))
    assert caught.value.reason is RfbReason.EXTENDED_CLIPBOARD_NEEDED


def test_receive_before_opening_is_our_own_fault():
    with pytest.raises(LocalProtocolError):
        ClientMessages(GUEST).receive(REQUEST)


def test_more_keys_than_can_be_released_do_not_go_down():
    parser = opened(EVERYTHING)
    presses = [messages.key_event(keysym, down=True) for keysym in range(1, 130)]
    assert passed(parser, b"".join(presses)) == b"".join(presses[:128])
    assert parser.dropped == {(MessageKind.KEY_EVENT, DropReason.TOO_MANY_KEYS): 1}
    assert passed(parser, messages.key_event(1, down=False), presses[128]) == (
        messages.key_event(1, down=False) + presses[128]
    )


def test_leaving_releases_what_is_held():
    parser = opened(EVERYTHING)
    passed(
        parser,
        messages.key_event(0xFFE1, down=True) + messages.pointer_event(7, 8, 1),
        messages.pointer_event(30, 40, 1) + messages.key_event(0x41, down=True)[:5],
    )
    assert parser.release() == messages.key_event(0xFFE1, down=False) + messages.pointer_event(30, 40, 0)
    assert parser.release() == b""


def test_what_was_dropped_is_not_released():
    parser = opened(GUEST)
    passed(parser, messages.key_event(0x41, down=True) + messages.pointer_event(1, 1, 1))
    assert parser.release() == b""


def test_losing_control_releases_and_goes_on_as_a_guest():
    parser = opened(EVERYTHING)
    offered = messages.set_encodings([Encoding.XVP, Encoding.EXTENDED_CLIPBOARD])
    press = messages.key_event(0x41, down=True)
    passed(parser, offered, press, messages.pointer_event(5, 6, 4))
    assert parser.change_policy(GUEST) == (
        messages.key_event(0x41, down=False)
        + messages.pointer_event(5, 6, 0)
        + messages.set_encodings([Encoding.EXTENDED_CLIPBOARD])
        + extended_clipboard.text_on_request()
    )
    assert passed(parser, press + REQUEST) == REQUEST


def test_gaining_control_lets_input_through():
    parser = opened(GUEST)
    offered = messages.set_encodings([Encoding.XVP, Encoding.EXTENDED_CLIPBOARD])
    passed(parser, offered)
    assert parser.change_policy(EVERYTHING) == offered
    press = messages.key_event(0x41, down=True)
    assert passed(parser, press) == press


def test_a_message_that_began_before_the_change_is_judged_after_it():
    parser = opened(EVERYTHING)
    passed(parser, OFFER)
    press = messages.key_event(0x41, down=True)
    assert passed(parser, press[:4]) == b""
    parser.change_policy(GUEST)
    assert passed(parser, press[4:] + REQUEST) == REQUEST


def test_a_viewer_that_cannot_be_guarded_loses_the_stream():
    parser = opened(EVERYTHING)
    passed(parser, messages.set_encodings([Encoding.RAW]))
    with pytest.raises(RemoteProtocolError) as caught:
        parser.change_policy(GUEST)
    assert caught.value.reason is RfbReason.EXTENDED_CLIPBOARD_NEEDED


def test_a_viewer_that_offered_nothing_yet_is_guarded_on_change():
    parser = opened(EVERYTHING)
    assert parser.change_policy(GUEST) == ClientMessages(GUEST).opening()


def test_a_real_session_passes_but_for_one_offer(novnc_session):
    offers = struct.pack(">xHi", 25, Encoding.COPY_RECT), struct.pack(">xHi", 24, Encoding.COPY_RECT)
    expected = novnc_session.replace(struct.pack(">i", Encoding.EXTENDED_MOUSE_BUTTONS), b"")
    expected = expected.replace(*offers)
    parser = opened(EVERYTHING)
    assert passed(parser, novnc_session) == expected
    assert len(expected) == len(novnc_session) - 2 * 4
    assert not parser.dropped


def test_a_real_session_as_a_guest_is_only_looking(novnc_session):
    parser = opened(GUEST)
    through = passed(parser, novnc_session)
    again = opened(GUEST)
    assert passed(again, through) == through
    assert not again.dropped
    assert {kind for kind, _ in parser.dropped} == {
        MessageKind.KEY_EVENT,
        MessageKind.POINTER_EVENT,
        MessageKind.CLIPBOARD_TO_DESKTOP,
        MessageKind.CLIPBOARD_FROM_DESKTOP,
        MessageKind.SET_DESKTOP_SIZE,
    }
