"""The decoder for thumbnails, message by message (RFC 6143, sections 7.6 to 7.8, and rfbproto)."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beamdesk.codecs.rfb import extended_clipboard, framebuffer_client, messages
from beamdesk.codecs.rfb.constants import ClipboardAction, Encoding, FenceFlag
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.extended_clipboard import ClipboardMessage
from beamdesk.codecs.rfb.framebuffer import Rectangle
from beamdesk.codecs.rfb.framebuffer_client import ENCODINGS, LONGEST_CUT_TEXT, FramebufferClient
from beamdesk.codecs.rfb.framebuffer_events import (
    Bell,
    ContinuousUpdatesEnded,
    CutText,
    ExtendedCutText,
    Resized,
    Updated,
)
from beamdesk.codecs.rfb.pixel_format import BGRX

WIDTH, HEIGHT = 8, 6
BELL = b"\2"


def rectangle(geometry: tuple[int, int, int, int], encoding: int, payload: bytes = b"") -> bytes:
    return struct.pack(">HHHHi", *geometry, encoding) + payload


def update(*rectangles: bytes, count: int | None = None) -> bytes:
    return struct.pack(">BxH", 0, len(rectangles) if count is None else count) + b"".join(rectangles)


def pixels(count: int) -> bytes:
    return bytes(value % 251 + 1 for value in range(4 * count))


def cut_text(payload: bytes, *, sign: int = 1) -> bytes:
    return struct.pack(">B3xi", 3, sign * len(payload)) + payload


def requesting() -> FramebufferClient:
    client = FramebufferClient(WIDTH, HEIGHT)
    client.bytes_to_send()
    client.request_update(incremental=False)
    client.bytes_to_send()
    return client


WHOLE = rectangle((0, 0, WIDTH, HEIGHT), Encoding.RAW, pixels(WIDTH * HEIGHT))
SCREEN = struct.pack(">IHHHHI", 1, 0, 0, 20, 10, 0)
FENCE = struct.pack(">B3xIB", 248, 0x80000005, 3) + b"abc"

CONVERSATIONS = {
    "Raw": (update(WHOLE), [Updated((Rectangle(0, 0, WIDTH, HEIGHT),))]),
    "Raw, empty": (update(rectangle((3, 3, 0, 2), Encoding.RAW)), [Updated((Rectangle(3, 3, 0, 2),))]),
    "Raw, two": (
        update(
            rectangle((0, 0, 2, 1), Encoding.RAW, pixels(2)), rectangle((7, 5, 1, 1), Encoding.RAW, pixels(1))
        ),
        [Updated((Rectangle(0, 0, 2, 1), Rectangle(7, 5, 1, 1)))],
    ),
    "CopyRect": (
        update(rectangle((0, 0, 4, 3), Encoding.COPY_RECT, b"\0\4\0\3")),
        [Updated((Rectangle(0, 0, 4, 3),))],
    ),
    "Cursor": (update(rectangle((1, 1, 9, 2), Encoding.CURSOR, pixels(18) + b"\xff\x80" * 2)), [Updated(())]),
    "LastRect": (
        update(WHOLE, rectangle((0, 0, 0, 0), Encoding.LAST_RECT), count=65535),
        [Updated((Rectangle(0, 0, WIDTH, HEIGHT),))],
    ),
    "DesktopSize": (update(rectangle((0, 0, 20, 10), Encoding.DESKTOP_SIZE)), [Resized(20, 10), Updated(())]),
    "ExtendedDesktopSize": (
        update(rectangle((0, 0, 20, 10), Encoding.EXTENDED_DESKTOP_SIZE, b"\1\0\0\0" + SCREEN)),
        [Resized(20, 10), Updated(())],
    ),
    "ExtendedDesktopSize, another client": (
        update(rectangle((2, 0, 20, 10), Encoding.EXTENDED_DESKTOP_SIZE, b"\2\0\0\0" + SCREEN * 2)),
        [Resized(20, 10), Updated(())],
    ),
    "ExtendedDesktopSize, refused": (
        update(rectangle((1, 3, 20, 10), Encoding.EXTENDED_DESKTOP_SIZE, b"\0\0\0\0")),
        [Updated(())],
    ),
    "ExtendedDesktopSize, the same": (
        update(rectangle((0, 0, WIDTH, HEIGHT), Encoding.EXTENDED_DESKTOP_SIZE, b"\1\0\0\0" + SCREEN)),
        [Updated(())],
    ),
    "SetColourMapEntries": (b"\1\0\0\0\0\2" + b"c" * 12, []),
    "Bell": (BELL, [Bell()]),
    "ServerCutText": (cut_text("Füße".encode("latin-1")), [CutText("Füße")]),
    "ServerCutText, empty": (cut_text(b""), [CutText("")]),
    "clipboard notify": (
        cut_text(struct.pack(">I", 0x08000001), sign=-1),
        [ExtendedCutText(ClipboardMessage(ClipboardAction.NOTIFY, 1))],
    ),
    "clipboard provide": (
        cut_text(extended_clipboard.provide_text("日\n本")[8:], sign=-1),
        [ExtendedCutText(ClipboardMessage(ClipboardAction.PROVIDE, 1, "日\n本"))],
    ),
    "EndOfContinuousUpdates": (b"\x96", [ContinuousUpdatesEnded()]),
    "ServerFence": (FENCE, []),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_reports_each_message_in_any_split(name):
    message, events = CONVERSATIONS[name]
    for cut in range(1, len(message)):
        client = requesting()
        assert client.receive(message[:cut]) + client.receive(message[cut:] + BELL) == [*events, Bell()]
    bytewise = requesting()
    told = [event for byte in message + BELL for event in bytewise.receive(bytes([byte]))]
    assert told == [*events, Bell()]
    assert bytewise.held == 0


def test_begins_with_its_pixel_format_and_encodings():
    client = FramebufferClient(WIDTH, HEIGHT)
    assert client.bytes_to_send() == messages.set_pixel_format(BGRX) + messages.set_encodings(ENCODINGS)
    assert client.bytes_to_send() == b""


def test_requests_the_whole_desktop_at_its_present_size():
    client = requesting()
    client.receive(CONVERSATIONS["DesktopSize"][0])
    client.request_update(incremental=True)
    assert client.bytes_to_send() == messages.framebuffer_update_request(0, 0, 20, 10, incremental=True)


def test_draws_raw_and_copies():
    client = requesting()
    client.receive(update(WHOLE))
    expected = np.frombuffer(pixels(WIDTH * HEIGHT), np.uint8).reshape(HEIGHT, WIDTH, 4).copy()
    assert (client.framebuffer.pixels == expected).all()
    client.receive(update(rectangle((1, 0, 7, 6), Encoding.COPY_RECT, b"\0\0\0\0")))
    expected[:, 1:] = expected[:, :-1].copy()
    assert (client.framebuffer.pixels == expected).all()


def test_answers_a_fence_with_the_flags_that_it_knows():
    client = requesting()
    client.receive(FENCE)
    assert client.bytes_to_send() == messages.client_fence(
        FenceFlag.BLOCK_BEFORE | FenceFlag.SYNC_NEXT, b"abc"
    )
    client.receive(struct.pack(">B3xIB", 248, 0x80000000 | 1 << 20, 64) + b"p" * 64)
    assert client.bytes_to_send() == messages.client_fence(FenceFlag(0), b"p" * 64)


def test_does_not_answer_an_answer():
    client = requesting()
    client.receive(struct.pack(">B3xIB", 248, 5, 0))
    assert client.bytes_to_send() == b""


WRONG = {
    "unknown message": (b"\x07", RfbReason.UNKNOWN_MESSAGE),
    "unknown encoding": (update(rectangle((0, 0, 1, 1), Encoding.TIGHT)), RfbReason.UNKNOWN_ENCODING),
    "Raw beyond the right": (update(rectangle((1, 0, WIDTH, 1), Encoding.RAW)), RfbReason.MALFORMED),
    "Raw below the bottom": (update(rectangle((0, 1, 1, HEIGHT), Encoding.RAW)), RfbReason.MALFORMED),
    "CopyRect beyond": (update(rectangle((0, 6, 1, 1), Encoding.COPY_RECT, b"\0" * 4)), RfbReason.MALFORMED),
    "CopyRect from beyond": (
        update(rectangle((0, 0, 1, 1), Encoding.COPY_RECT, b"\0\x08\0\0")),
        RfbReason.MALFORMED,
    ),
    "too wide": (update(rectangle((0, 0, 16385, 1), Encoding.DESKTOP_SIZE)), RfbReason.TOO_LARGE),
    "too large": (update(rectangle((0, 0, 16384, 4097), Encoding.DESKTOP_SIZE)), RfbReason.TOO_LARGE),
    "fence of 65 bytes": (struct.pack(">B3xIB", 248, 0, 65), RfbReason.TOO_LARGE),
    "clipboard of 3 bytes": (cut_text(b"\0\0\0", sign=-1), RfbReason.MALFORMED),
    "clipboard, no zlib": (cut_text(b"\x10\0\0\1noise", sign=-1), RfbReason.MALFORMED),
}


@pytest.mark.parametrize("name", WRONG)
def test_refuses(name):
    message, reason = WRONG[name]
    with pytest.raises(RemoteProtocolError) as caught:
        requesting().receive(message)
    assert caught.value.reason is reason


def test_a_desktop_that_is_too_large_from_the_beginning_is_refused():
    with pytest.raises(RemoteProtocolError):
        FramebufferClient(16384, 4097)


def test_text_at_the_limit_is_reported_and_past_it_skipped():
    client = requesting()
    assert client.receive(cut_text(b"x" * LONGEST_CUT_TEXT)) == [CutText("x" * LONGEST_CUT_TEXT)]
    assert client.receive(cut_text(b"x" * (LONGEST_CUT_TEXT + 1)) + BELL) == [Bell()]
    assert client.receive(cut_text(b"x" * (LONGEST_CUT_TEXT + 1), sign=-1) + BELL) == [Bell()]


def test_a_request_allows_so_much_copying_and_no_more():
    copy = update(rectangle((0, 0, WIDTH, HEIGHT), Encoding.COPY_RECT, b"\0" * 4))
    client = requesting()
    for _ in range(2):
        assert len(client.receive(copy * 4)) == 4
        client.request_update(incremental=True)
    client.receive(copy * 4)
    with pytest.raises(RemoteProtocolError) as caught:
        client.receive(copy)
    assert caught.value.reason is RfbReason.TOO_LARGE


def test_a_large_rectangle_is_never_held_whole():
    client = FramebufferClient(2000, 1000)
    row = 2000 * 4
    client.receive(update(rectangle((0, 0, 2000, 1000), Encoding.RAW)))
    events = []
    tracemalloc.start()
    try:
        for _ in range(1000):
            events += client.receive(bytes(row))
            assert client.held < 1 << 18
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert events == [Updated((Rectangle(0, 0, 2000, 1000),))]
    assert peak < 1 << 20


def test_a_real_session_is_decoded(desktop_session, monkeypatch):
    monkeypatch.setattr(framebuffer_client, "_MOST_COPIES", 1 << 20)
    pictures = []
    for size in (1 << 20, 1000, 17):
        client = FramebufferClient(96, 64)
        client.request_update(incremental=False)
        events = []
        for start in range(0, len(desktop_session), size):
            events += client.receive(desktop_session[start : start + size])
        assert client.held == 0
        assert [event for event in events if isinstance(event, Resized)] == [Resized(80, 48)]
        assert events.count(Bell()) == 3
        assert sum(isinstance(event, Updated) for event in events) == 15
        pictures.append(client.framebuffer.pixels)
    for picture in pictures[1:]:
        assert (picture == pictures[0]).all()
    assert len(np.unique(pictures[0][..., :3])) > 1


@given(
    st.binary(min_size=10, max_size=60),
    st.integers(1, 90_000),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_mutated_session(desktop_session, recipe, cut):
    data = bytearray(desktop_session)
    for place, value in struct.iter_unpack(">I6s", recipe[: len(recipe) // 10 * 10]):
        at = place % len(data)
        data[at : at + 6] = value
    # Half of the damage goes where structure is, not pixels.
    data[recipe[0] % 64] ^= recipe[1]
    outcomes = []
    for chunks in ([data], [data[:cut], data[cut:]]):
        client = FramebufferClient(96, 64)
        client.request_update(incremental=False)
        events, reason = [], None
        try:
            for chunk in chunks:
                events += client.receive(chunk)
        except RemoteProtocolError as error:
            reason = error.reason
        else:
            assert client.held <= max(1 << 18, LONGEST_CUT_TEXT)
        drawn = client.framebuffer.pixels if reason is None else client.framebuffer.pixels[:0, :0]
        outcomes.append((reason, drawn.shape, zlib.crc32(np.ascontiguousarray(drawn[:128, :128]))))
    assert outcomes[0] == outcomes[1]
