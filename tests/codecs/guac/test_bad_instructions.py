from beamdesk.codecs.guac.bad_instructions import BadInstructions


def test_the_twentieth_within_ten_seconds_is_one_too_many() -> None:
    bad = BadInstructions()
    assert not any(bad.count(number * 0.5) for number in range(19))
    assert bad.count(9.6)


def test_slower_ones_are_borne() -> None:
    bad = BadInstructions()
    assert not any(bad.count(number * 0.6) for number in range(500))


def test_exactly_at_the_window() -> None:
    assert not any(BadInstructions(3, 1.0).count(now) for now in (0.0, 0.5, 1.0))
    bad = BadInstructions(3, 1.0)
    assert [bad.count(now) for now in (0.0, 0.5, 1.0, 1.25, 3.0)] == [False, False, False, True, False]
