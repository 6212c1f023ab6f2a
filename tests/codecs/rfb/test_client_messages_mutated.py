"""A captured session with random damage: only the protocol's own errors, bounded memory, any split alike."""

import itertools
import struct
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beamdesk.codecs.rfb.client_messages import ClientMessages
from beamdesk.codecs.rfb.errors import RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.message_lengths import measure
from beamdesk.codecs.rfb.viewer_policy import EVERY_KIND, VIEWING, ViewerPolicy

LONGEST_CUT_TEXT = 4096
POLICIES = [
    ViewerPolicy(EVERY_KIND, longest_cut_text=LONGEST_CUT_TEXT),
    ViewerPolicy(VIEWING, longest_cut_text=LONGEST_CUT_TEXT),
    ViewerPolicy(VIEWING, guard_clipboard=False, longest_cut_text=LONGEST_CUT_TEXT),
    ViewerPolicy(frozenset(), longest_cut_text=LONGEST_CUT_TEXT),
]
MOST_HELD = max(12 + LONGEST_CUT_TEXT, 4 + 4 * 1024, 8 + 16 * 255)

# Bytes that are read as numbers below: one draw each, for drawing is what costs time here.
changes = st.binary(min_size=10, max_size=39)
cuts = st.binary(max_size=24)


def mutated(session: bytes, recipe: bytes) -> bytes:
    """Ten bytes of *recipe* are one change: what, where, how many bytes, and those bytes."""
    data = bytearray(session)
    for kind, place, count, value in struct.iter_unpack(">BHB6s", recipe[: len(recipe) // 10 * 10]):
        at = place % (len(data) + 1)
        match kind % 8:
            case 0:
                data[at:at] = value[: 1 + count % 6]
            case 1:
                del data[at : at + count]
            case 2:
                data[at:at] = data[at : at + count]
            case _:
                data[at : at + 1 + count % 6] = value[: 1 + count % 6]
    return bytes(data)


def cut(data: bytes, recipe: bytes) -> list[bytes]:
    """Two bytes of *recipe* are one place to cut *data* at."""
    places = sorted(
        place % (len(data) + 1) for (place,) in struct.iter_unpack(">H", recipe[: len(recipe) & ~1])
    )
    return [data[start:end] for start, end in itertools.pairwise([0, *places, len(data)])]


def run(policy: ViewerPolicy, chunks: list[bytes]) -> tuple[bytes, RfbReason | None, ClientMessages]:
    """What was passed on, the error that ended it, and the parser; checks memory on the way."""
    parser = ClientMessages(policy)
    parser.opening()
    forwarded = bytearray()
    for chunk in chunks:
        try:
            for piece in parser.receive(chunk):
                forwarded += piece
        except RemoteProtocolError as error:
            return bytes(forwarded), error.reason, parser
        assert parser.held <= MOST_HELD
    return bytes(forwarded), None, parser


def check(policy: ViewerPolicy, data: bytes, places: bytes) -> None:
    whole, reason, parser = run(policy, [data])
    split, split_reason, split_parser = run(policy, cut(data, places))
    assert split_reason == reason
    if reason is None:
        assert split == whole
        assert split_parser.dropped == parser.dropped
        assert split_parser.release() == parser.release()
    consists_of_allowed_messages(policy, split)


def consists_of_allowed_messages(policy: ViewerPolicy, forwarded: bytes) -> None:
    at = 0
    while at < len(forwarded):
        length, kind = measure(forwarded, at)
        assert kind in policy.allowed
        at += length
    assert at == len(forwarded), "half a message reached the desktop"


@given(st.sampled_from(POLICIES), changes, cuts)
@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_mutated_session(novnc_session, policy, recipe, places):
    check(policy, mutated(novnc_session, recipe), places)


@pytest.mark.slow
@pytest.mark.timeout(600)  # 15 s of work, on a machine that may be busy
@given(st.sampled_from(POLICIES), changes, cuts)
@settings(max_examples=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_ten_thousand_mutated_sessions(novnc_session, policy, recipe, places):
    check(policy, mutated(novnc_session, recipe), places)


@given(st.sampled_from(POLICIES), st.binary(max_size=300), cuts)
@settings(max_examples=500, deadline=None)
def test_noise(policy, data, places):
    check(policy, data, places)


@pytest.mark.parametrize("policy", POLICIES, ids=["everything", "guest", "plain guest", "nothing"])
def test_a_long_session_leaves_no_memory_behind(policy, novnc_session):
    parser = ClientMessages(policy)
    parser.opening()
    for _ in range(3):
        list(parser.receive(novnc_session))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(200):
            for start in range(0, len(novnc_session), 97):
                list(parser.receive(novnc_session[start : start + 97]))
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 4096
    assert peak - before < 1 << 16
