"""Rules about the tree that a reviewer would otherwise repeat."""

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("gateway", "codecs", "brokers", "web", "bench", "tests")

LONGEST_FILE = 600
LONG_FILES: dict[str, str] = {
    # path: why it may be longer
}
TASK_FILE = "gateway/tasks.py"


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def product_sources() -> list[Path]:
    return [
        path
        for path in tracked("*.py")
        if path.parts[len(ROOT.parts)] in {"gateway", "codecs", "brokers", "bench"}
    ]


def test_no_source_file_is_longer_than_the_limit() -> None:
    generated = {"web/src/api/schema.d.ts"}
    lengths = {
        relative(path): len(path.read_text().splitlines())
        for path in tracked("*.py", "*.pyx", "*.ts", "*.tsx")
        if relative(path) not in generated
    }
    too_long = {
        name: length for name, length in lengths.items() if length > LONGEST_FILE and name not in LONG_FILES
    }
    assert not too_long
    assert set(LONG_FILES) <= set(lengths), "the exception list names files that do not exist"


def test_top_level_folders_are_the_fixed_ones() -> None:
    found = {relative(path).split("/")[0] for path in tracked() if "/" in relative(path)}
    assert {name for name in found if not name.startswith(".")} <= {*FOLDERS, "changes", "requirements"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_top_level_folder_has_a_short_readme(folder: str) -> None:
    readme = ROOT / folder / "README.md"
    assert readme.is_file()
    assert len(readme.read_text().splitlines()) <= 40


def test_every_package_is_listed_for_packaging() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {inner: outer for outer, inner in settings["package-dir"].items()}
    expected = set()
    for path in tracked("*__init__.py"):
        top, *rest = path.parent.relative_to(ROOT).parts
        if top in folders:
            expected.add(".".join([folders[top], *rest]))
    assert sorted(settings["packages"]) == sorted(expected)


def test_every_package_says_what_it_is() -> None:
    silent = [
        relative(path)
        for path in tracked("*__init__.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_tasks_are_made_in_one_file_only() -> None:
    found = []
    for path in product_sources():
        if relative(path) == TASK_FILE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="ensure_future" | "create_task")):
                    found.append(f"{relative(path)}:{node.lineno}")
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=owner), attr="create_task" | "ensure_future")
                ) if owner in {"asyncio", "loop"}:
                    found.append(f"{relative(path)}:{node.lineno}")
    assert not found, f"tasks without an owner: {found}"


def test_nothing_sleeps_the_whole_process() -> None:
    found = [relative(path) for path in product_sources() if re.search(r"\btime\.sleep\(", path.read_text())]
    # Benchmarks' peers and detached supervisors are processes of their own without a loop.
    assert not [
        name for name in found if not name.startswith(("bench/", "brokers/local/supervis", "gateway/setup/"))
    ]


@pytest.mark.parametrize("document", [relative(path) for path in tracked("*.md")])
def test_links_in_documents_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        assert (path.parent / target).exists(), f"{document} links to {target}"


def test_lock_files_hold_hashes_and_no_registry_addresses() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        pinned = len(re.findall(r"^[A-Za-z0-9_.-]+==", text, flags=re.MULTILINE))
        assert pinned, path
        assert "--hash=sha256:" in text
        assert "://" not in text
    lock = json.loads((ROOT / "web/package-lock.json").read_text())
    assert lock["packages"]
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert not (ROOT / "uv.lock").exists()


def test_entry_points_resolve() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"beamdesk": "beamdesk.gateway.cli:main"}
    done = subprocess.run(
        [ROOT / ".venv/bin/beamdesk", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
