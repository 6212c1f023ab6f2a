"""The log of a desktop: bounded, whole lines, and cursors that outlive what they point to."""

from pathlib import Path

import pytest

from beamdesk.brokers.local.log_pages import last_lines, read_page
from beamdesk.brokers.local.supervisor.log import FOLDER, LINE_BYTES, SEGMENT_BYTES, Log


def _text(lines: tuple[str, ...]) -> list[str]:
    """Without time and source."""
    return [line.split(": ", 1)[1] for line in lines]


def _whole(folder: Path, cursor: str | None = None) -> tuple[list[str], str]:
    lines: list[str] = []
    while True:
        page = read_page(folder, cursor)
        lines += _text(page.lines)
        cursor = page.cursor
        if not page.more:
            return lines, cursor


def test_output_becomes_lines_however_it_is_cut(tmp_path: Path) -> None:
    log = Log(str(tmp_path))
    output = b"one\ntwo, a longer one\n\n   \nthree"
    for position in range(len(output)):
        log.feed("a", output[position : position + 1])
        log.feed("b", b"x" if position == 3 else b"")
    log.finish("a")
    log.feed("b", b"y\n")
    assert _whole(tmp_path)[0] == ["one", "two, a longer one", "three", "xy"]


def test_long_lines_are_cut_and_nothing_is_lost(tmp_path: Path) -> None:
    log = Log(str(tmp_path))
    text = bytes(ord("a") + position % 26 for position in range(3 * LINE_BYTES + 7))
    log.feed("a", text)
    log.finish("a")
    log.write("b", text)
    lines = _whole(tmp_path)[0]
    assert max(len(line) for line in lines) == LINE_BYTES
    assert "".join(lines) == (text + text).decode()


def test_pages_join_to_the_whole_log(tmp_path: Path) -> None:
    log = Log(str(tmp_path))
    written = [f"line {number} {'x' * 90}" for number in range(1500)]
    for line in written:
        log.write("a", line)
    first = read_page(tmp_path, None)
    assert first.more
    rest, _ = _whole(tmp_path, first.cursor)
    assert _text(first.lines) + rest == written


def test_a_cursor_goes_on_where_the_log_goes_on(tmp_path: Path) -> None:
    log = Log(str(tmp_path))
    log.write("a", "one")
    _, cursor = _whole(tmp_path)
    assert read_page(tmp_path, cursor).lines == ()
    again = Log(str(tmp_path))
    again.write("a", "two")
    lines, cursor = _whole(tmp_path, cursor)
    assert lines == ["two"]
    assert _whole(tmp_path, cursor) == ([], cursor)


def test_the_log_is_bounded_and_old_cursors_go_on_with_what_is_left(tmp_path: Path) -> None:
    log = Log(str(tmp_path))
    log.write("a", "the first line")
    _, early = _whole(tmp_path)
    count = 4 * SEGMENT_BYTES // 1000
    for number in range(count):
        log.write("a", f"{number} {'x' * 1000}")
    kept = list((tmp_path / FOLDER).iterdir())
    assert len(kept) == 2
    assert sum(path.stat().st_size for path in kept) <= 2 * SEGMENT_BYTES
    lines, _ = _whole(tmp_path, early)
    numbers = [int(line.split()[0]) for line in lines]
    assert numbers == list(range(numbers[0], count))
    assert numbers[0] > 0


def test_a_segment_is_full_at_its_limit_and_not_before(tmp_path: Path) -> None:
    log = Log(str(tmp_path))
    log.write("a", "x")
    entry = next((tmp_path / FOLDER).iterdir()).stat().st_size
    fitting = SEGMENT_BYTES // entry - 1
    for _ in range(fitting):
        log.write("a", "x")
    assert len(list((tmp_path / FOLDER).iterdir())) == 1
    log.write("a", "x")
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


@pytest.mark.parametrize("text", ["\x1b[31mred\x1b[0m", "a\x00b", "\x9b5n", "\u202eright to left"])
def test_what_a_terminal_would_obey_is_not_shown(tmp_path: Path, text: str) -> None:
    Log(str(tmp_path)).write("a", text)
    [line] = read_page(tmp_path, None).lines
    assert all(letter.isprintable() for letter in line)


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    Log(str(tmp_path)).write("a", b"caf\xe9 \xff")
    assert _whole(tmp_path)[0] == ["caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}"]


def test_the_last_lines_are_the_newest(tmp_path: Path) -> None:
    assert last_lines(tmp_path, 2) == ""
    log = Log(str(tmp_path))
    for number in range(5):
        log.write("a", f"line {number}")
    assert [line.rpartition(": ")[2] for line in last_lines(tmp_path, 2).splitlines()] == ["line 3", "line 4"]


def test_a_log_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("2026 a: secret\n")
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / f"{0:015d}").symlink_to(tmp_path / "secret")
    assert read_page(tmp_path, None).lines == ()
