"""Bring Node.js into the virtual environment when the machine has none that is new enough."""

import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20
REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "node.txt"


def main() -> int:
    """Exit code 0 when `node` and `npm` can be used."""
    if _found_version() >= OLDEST and shutil.which("npm"):
        return 0
    print(f"No Node.js {OLDEST} or newer found: installing it into the virtual environment …")
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "--quiet", "--python", sys.executable]
    return subprocess.run([*install, "--require-hashes", "-r", str(REQUIREMENTS)], check=False).returncode


def _found_version() -> int:
    """The major version of the `node` on the path, 0 where there is none."""
    node = shutil.which("node")
    if node is None:
        return 0
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    major = said.strip().lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


if __name__ == "__main__":
    sys.exit(main())
