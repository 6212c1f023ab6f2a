"""The wheel holds all that the editable install shows, and runs from an environment of its own."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = ROOT / ".venv/bin/uv"
SHIPPED = (
    "beamdesk/gateway/app.py",
    "beamdesk/gateway/py.typed",
    "beamdesk/gateway/ui/index.html",
    "beamdesk/gateway/storage/migrations/env.py",
    "beamdesk/codecs/rfb/client_handshake.py",
    "beamdesk/brokers/local/assets/",
)
IMPORTED = "beamdesk.gateway.app, beamdesk.codecs.rfb, beamdesk.brokers.local, beamdesk.bench.cli"


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_wheel_installs_and_runs(tmp_path: Path) -> None:
    python = ROOT / ".venv/bin/python"
    run(UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", python, "--out-dir", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for expected in SHIPPED:
        assert any(name.startswith(expected) for name in names), f"{expected} is not in the wheel"
    assert not [name for name in names if name.startswith(("tests/", "beamdesk/gateway/ui/node_modules"))]

    environment = tmp_path / "environment"
    run(UV, "venv", "--quiet", "--python", python, environment)
    run(UV, "pip", "install", "--quiet", "--python", environment / "bin/python", wheel)
    run(environment / "bin/python", "-I", "-c", f"import {IMPORTED}")
    shown = run(environment / "bin/beamdesk", "config", "show", "--json")
    assert '"server.port"' in shown


def test_editable_install_imports_from_the_tree() -> None:
    where = run(ROOT / ".venv/bin/python", "-c", "import beamdesk.codecs.rfb as p; print(p.__file__)")
    assert Path(where.strip()) == ROOT / "codecs/rfb/__init__.py"
