"""Runs commands in this process, as scripts do in theirs: arguments in; exit code and text out."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from beamdesk.gateway.cli import program


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return json.loads(self.out)


Beamdesk = Callable[..., Said]


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> None:
    """A command does one thing: it may block its own loop."""


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def beamdesk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Beamdesk:
    """Run `beamdesk …` in an empty folder; keywords are environment variables."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BEAMDESK__")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, **environment: str) -> Said:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                program.run(list(arguments))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        code = end.value.code
        assert isinstance(code, int)
        return Said(int(code), out, err)

    return run


@pytest.fixture
def upgraded(beamdesk: Beamdesk) -> Beamdesk:
    """The same, with a database."""
    assert beamdesk("db", "upgrade").code == 0
    return beamdesk
