"""The command line as a whole."""

import subprocess
import sys

import pytest

from beamdesk.gateway.cli.program import COMMANDS


def test_help_names_every_command_and_the_exit_codes(beamdesk) -> None:
    said = beamdesk("--help")
    assert said.code == 0
    assert all(name in said.out for name in COMMANDS)
    assert "3 the configuration has faults" in said.out


def test_without_a_command_help_is_shown(beamdesk) -> None:
    assert "Usage" in beamdesk().out + beamdesk().err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(beamdesk, name: str) -> None:
    said = beamdesk(name, "--help")
    assert said.code == 0
    assert "Usage" in said.out


@pytest.mark.parametrize(
    "arguments",
    [("sever",), ("serve", "--prot", "1"), ("serve", "--port", "x"), ("user",), ("user", "add"), ("db", "x")],
)
def test_wrong_usage_is_2(beamdesk, arguments: tuple[str, ...]) -> None:
    assert beamdesk(*arguments).code == 2


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from beamdesk.gateway.cli.program import _app\n"
        "assert CliRunner().invoke(_app, ['--help']).exit_code == 0\n"
        "heavy = {'sqlalchemy', 'aiohttp', 'alembic', 'pydantic', 'cryptography'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
