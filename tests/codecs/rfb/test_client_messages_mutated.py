"""Random damage to a captured session: nothing but the protocol's own error, no memory, no difference by split."""

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

mutations = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "delete", "repeat"]),
        st.integers(0, 4000),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)
cuts = st.lists(st.integers(1, 4000), max_size=12).map(sorted)


def mutated(session: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    data = bytearray(session)
    for kind, place, value in changes:
        at = place % (len(data) + 1)
        match kind:
            case "replace":
                data[at : at + len(value)] = value
            case "insert":
                data[at:at] = value
            case "delete":
                del data[at : at + value[0]]
            case "repeat":
                data[at:at] = data[at : at + value[0]]
    return bytes(data)


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


def check(policy: ViewerPolicy, data: bytes, places: list[int]) -> None:
    edges = [0, *(place for place in places if place < len(data)), len(data)]
    chunks = [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    whole, reason, parser = run(policy, [data])
    split, split_reason, split_parser = run(policy, chunks)
    assert split_reason == reason
    if reason is None:
        assert split == whole
        assert split_parser.dropped == parser.dropped
        assert split_parser.release() == parser.release()
    for forwarded in (whole, split):
        consists_of_allowed_messages(policy, forwarded)


def consists_of_allowed_messages(policy: ViewerPolicy, forwarded: bytes) -> None:
    at = 0
    while at < len(forwarded):
        length, kind = measure(forwarded, at)
        assert kind in policy.allowed
        at += length
    assert at == len(forwarded), "half a message reached the desktop"


@given(st.sampled_from(POLICIES), mutations, cuts)
@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_mutated_session(novnc_session, policy, changes, places):
    check(policy, mutated(novnc_session, changes), places)


@pytest.mark.slow
@given(st.sampled_from(POLICIES), mutations, cuts)
@settings(max_examples=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_ten_thousand_mutated_sessions(novnc_session, policy, changes, places):
    check(policy, mutated(novnc_session, changes), places)


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
