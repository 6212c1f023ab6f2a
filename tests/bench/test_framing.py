"""The framing benchmark measures what it says it does."""

import json
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from beamdesk.bench import framing as bench


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    def few() -> Iterator[bench.Stream]:
        yield bench.Stream("syncs", "worst case", b"4.sync,8.37021250;3.nop;" * 500)

    monkeypatch.setattr(bench, "_streams", few)
    application = typer.Typer()
    application.command()(bench.framing)
    return application


@pytest.mark.parametrize("size", [1, 13, 100_000])
@pytest.mark.parametrize("method", bench.METHODS)
def test_every_method_finds_every_instruction(method: str, size: int) -> None:
    frame, _ = bench.METHODS[method]
    stream = memoryview(b"4.sync,8.37021250;3.img,1.1,0.;" * 50 + b"4.sy")
    assert frame([stream[start : start + size] for start in range(0, len(stream), size)]) == 100


def test_streams_are_there_and_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = list(bench._streams())
    assert {stream.sort for stream in streams} == set(bench.TARGETS)
    for stream in streams:
        assert bench.frame_compiled([memoryview(stream.content)]) > 1000


def test_json(command: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "TARGETS", {"worst case": 0.001})
    done = CliRunner().invoke(command, ["--json", "--rounds", "1", "--chunk", "100"])
    assert done.exit_code == 0
    said = json.loads(done.output)
    assert [each["method"] for each in said["measured"]] == list(bench.METHODS)
    assert all(each["megabytes"] > 0 and each["instructions"] > 0 for each in said["measured"])


def test_a_missed_target_is_said(command: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "TARGETS", {"worst case": 1e9})
    done = CliRunner().invoke(command, ["--rounds", "1"])
    assert done.exit_code == 1
    assert "missed: syncs at" in done.output


def test_without_captures(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(bench, "CAPTURES", tmp_path)
    with pytest.raises(FileNotFoundError, match="run from a checkout"):
        list(bench.measure(65536, 1))
