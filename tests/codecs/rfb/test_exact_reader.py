"""Conversations written as generators."""

import pytest

from beamdesk.codecs.rfb.errors import LocalProtocolError, RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.exact_reader import ExactReader, Pause, Skip, Steps


def test_gives_exactly_what_is_asked_for_in_any_split():
    data = bytes(range(20))
    for size in range(1, 21):
        got = []

        def steps(got: list[bytes] = got) -> Steps:
            got.append((yield 3))
            got.append((yield 0))
            yield Skip(5)
            got.append((yield 4))
            yield Skip(0)

        reader = ExactReader(steps())
        for start in range(0, 20, size):
            if reader.finished:
                break
            reader.feed(data[start : start + size])
        assert got == [data[:3], b"", data[8:12]]
        assert reader.finished
        assert data[12:].startswith(reader.take_rest())


def test_holds_no_more_than_was_asked_for():
    def steps() -> Steps:
        yield Skip(1000)
        yield 10

    reader = ExactReader(steps())
    for _ in range(100):
        reader.feed(b"x" * 10)
        assert reader.held == 0
    reader.feed(b"x" * 9)
    assert (reader.held, reader.finished) == (9, False)
    reader.feed(b"x")
    assert (reader.held, reader.finished) == (0, True)


def pausing() -> Steps:
    yield 1
    yield Pause.TLS
    yield 1


def test_waits_for_the_right_call():
    reader = ExactReader(pausing())
    with pytest.raises(LocalProtocolError):
        reader.resume(Pause.TLS)
    reader.feed(b"1")
    assert reader.paused_for is Pause.TLS
    with pytest.raises(LocalProtocolError):
        reader.resume(Pause.CLIENT_INIT)
    reader.resume(Pause.TLS)
    assert reader.paused_for is None
    reader.feed(b"2")
    assert reader.finished


@pytest.mark.parametrize("chunks", [[b"12"], [b"1", b"2"]])
def test_the_peer_is_silent_during_a_pause(chunks):
    reader = ExactReader(pausing())
    for chunk in chunks[:-1]:
        reader.feed(chunk)
    with pytest.raises(RemoteProtocolError) as caught:
        reader.feed(chunks[-1])
    assert caught.value.reason is RfbReason.UNEXPECTED_BYTES
    assert reader.finished


def test_is_over_after_an_error():
    def steps() -> Steps:
        yield 1
        raise RemoteProtocolError.malformed("that")

    reader = ExactReader(steps())
    with pytest.raises(RemoteProtocolError):
        reader.feed(b"1")
    assert reader.finished
    with pytest.raises(LocalProtocolError):
        reader.feed(b"2")


def test_the_rest_is_there_only_at_the_end():
    reader = ExactReader(pausing())
    with pytest.raises(LocalProtocolError):
        reader.take_rest()
