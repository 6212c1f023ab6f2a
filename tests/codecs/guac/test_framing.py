"""The framer as a relay uses it. That both builds read alike is in test_readings.py."""

import threading
from array import array

import pytest

from beamdesk.codecs.guac.errors import GuacReason, LocalProtocolError, MalformedStream
from beamdesk.codecs.guac.framed import Framed, Notice, Noticed
from support.guac_readings import FRAMERS


@pytest.fixture(params=FRAMERS)
def framer(request):
    return FRAMERS[request.param]()


def test_a_relay_keeps_what_is_unfinished(framer) -> None:
    stream = b"4.sync,8.37021250;3.img,1.1,2.14;5.error,2.ab,3.512;" * 3
    sent, kept = b"", b""
    for start in range(0, len(stream), 11):
        chunk = stream[start : start + 11]
        framed = framer.feed(chunk)
        if framed.end:
            sent, kept = sent + kept + chunk[: framed.end], chunk[framed.end :]
        else:
            kept += chunk
        assert framer.pending == len(kept)
        assert sent == b"" or sent.endswith(b";")
    assert sent == stream


def test_notice_that_began_in_an_earlier_chunk(framer) -> None:
    assert framer.feed(b"3.nop;5.err") == Framed(6, 1, 0, None, ())
    assert framer.feed(b"or,0.,3.5") == Framed(0, 0, 0, None, ())
    assert framer.feed(b"12;4.sync,2.17;0.") == Framed(15, 2, 1, 17, (Notice(Noticed.ERROR, -14, 3),))
    assert framer.pending == 2


@pytest.mark.parametrize(
    ("arguments", "timestamp"),
    [
        (b",3.123", 123),
        (b",3.123,2.40", 123),
        (b",18." + b"9" * 18, 10**18 - 1),
        (b",19." + b"9" * 19, None),
        (b",3.1x3", None),
        (b",2.-1", None),
        (b",0.", None),
        (b"", None),
        (",1.٣".encode(), None),
    ],
)
def test_timestamps(framer, arguments, timestamp) -> None:
    wire = b"4.sync" + arguments + b";"
    assert framer.feed(b"3.nop;" + wire).last_sync == timestamp
    assert framer.feed(wire[:6]).syncs == 0
    framed = framer.feed(wire[6:])
    assert (framed.syncs, framed.last_sync) == (1, timestamp)


def test_the_last_timestamp_of_a_chunk_counts(framer) -> None:
    assert framer.feed(b"4.sync,1.1;4.sync,1.2;4.sync,1.x;3.nop;") == Framed(39, 4, 3, 2, ())


def test_nothing_is_nothing(framer) -> None:
    assert framer.feed(b"") == Framed(0, 0, 0, None, ())


def test_what_was_whole_before_a_fault_is_known(framer) -> None:
    with pytest.raises(MalformedStream) as caught:
        framer.feed(b"5.error,0.,3.515;4.sync,1.5;x")
    assert caught.value.reason is GuacReason.LENGTH_NOT_DIGITS
    assert caught.value.position == 28
    assert caught.value.framed == Framed(28, 2, 1, 5, (Notice(Noticed.ERROR, 0, 17),))
    with pytest.raises(LocalProtocolError) as misuse:
        framer.feed(b"3.nop;")
    assert misuse.value.reason is GuacReason.WRONG_STATE


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, lambda data: array("B", data)])
def test_any_contiguous_buffer(framer, make) -> None:
    assert framer.feed(make(b"3.nop;3.no")).end == 6


@pytest.mark.parametrize("wrong", [None, "3.nop;", 3, memoryview(b"3.nop;3.nop;")[::2]])
def test_nothing_else(framer, wrong) -> None:
    with pytest.raises((TypeError, BufferError)):
        framer.feed(wrong)


def test_chunks_are_not_kept(framer) -> None:
    chunk = bytearray(b"4.sync,1.5;4.sy")
    framer.feed(chunk)
    chunk.clear()  # raises BufferError while the buffer is exported
    assert framer.feed(b"nc,1.6;").last_sync == 6


def test_large_chunks_are_scanned_beside_other_threads() -> None:
    """The interpreter lock is released: streams are framed at once by several threads, and rightly."""
    stream = b"4.blob,1.1,8000." + b"A" * 8000 + b";4.sync,1.5;"
    results = []

    def work() -> None:
        framer = FRAMERS["compiled"]()
        results.extend(framer.feed(stream * 200) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {Framed(len(stream) * 200, 400, 200, 5, ())}
    assert len(results) == 80
