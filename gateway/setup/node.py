"""Bring Node.js into the virtual environment when the machine has none that is new enough."""

import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (20, 19)
"""What the web UI's build tools ask for."""

REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "node.txt"


def main() -> int:
    """Exit code 0 when `node` and `npm` can be used."""
    if _found_version() >= OLDEST and shutil.which("npm"):
        return 0
    wanted = ".".join(map(str, OLDEST))
    print(f"No Node.js {wanted} or newer found: installing it into the virtual environment …")
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "--quiet", "--python", sys.executable]
    return subprocess.run([*install, "--require-hashes", "-r", str(REQUIREMENTS)], check=False).returncode


def _found_version() -> tuple[int, ...]:
    """Major and minor version of the `node` on the path, empty where there is none."""
    node = shutil.which("node")
    if node is None:
        return ()
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    parts = said.strip().lstrip("v").split(".")[:2]
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


if __name__ == "__main__":
    sys.exit(main())
