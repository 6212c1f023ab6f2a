"""Who may import whom. The table is the rule; the test reads every import statement of the tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = {
    "codecs": "beamdesk.codecs",
    "brokers": "beamdesk.brokers",
    "gateway": "beamdesk.gateway",
    "bench": "beamdesk.bench",
}

STREAM_PLANE = ("upstreams", "sessions", "transports", "thumbnails", "tickets", "roles", "reasons", "tasks")

FORBIDDEN: dict[str, tuple[str, ...]] = {
    # Sans-IO: no sockets, loops, clocks, processes or environment.
    "beamdesk.codecs": (
        "beamdesk.gateway",
        "beamdesk.brokers",
        "beamdesk.bench",
        "asyncio",
        "socket",
        "ssl",
        "select",
        "selectors",
        "threading",
        "time",
        "os",
        "subprocess",
        "aiohttp",
        "uvloop",
    ),
    "beamdesk.brokers": (
        "beamdesk.gateway",
        "beamdesk.codecs",
        "beamdesk.bench",
        "aiohttp.web",
        "sqlalchemy",
    ),
    "beamdesk.gateway": ("guacamole",),
    **{
        f"beamdesk.gateway.{part}": (
            "beamdesk.gateway.portal",
            "beamdesk.gateway.storage",
            "beamdesk.gateway.reconciler",
            "beamdesk.gateway.bus",
            "beamdesk.gateway.app",
            "beamdesk.gateway.cli",
            "beamdesk.brokers",
            "sqlalchemy",
        )
        for part in STREAM_PLANE
    },
    "beamdesk.gateway.portal": (
        "beamdesk.gateway.transports",
        "beamdesk.gateway.upstreams",
        "beamdesk.gateway.app",
        "beamdesk.gateway.cli",
        "beamdesk.codecs",
    ),
    "beamdesk.gateway.reconciler": (
        "beamdesk.gateway.transports",
        "beamdesk.gateway.sessions",
        "beamdesk.gateway.app",
    ),
    "beamdesk.gateway.storage": (
        "beamdesk.gateway.http",
        "beamdesk.gateway.app",
        "beamdesk.gateway.cli",
        "aiohttp",
    ),
    "beamdesk.gateway.http": (
        "beamdesk.gateway.transports",
        "beamdesk.gateway.upstreams",
        "beamdesk.brokers",
    ),
}


def modules() -> Iterator[tuple[str, Path]]:
    for folder, package in PARTS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder).with_suffix("")
            names = [part for part in inner.parts if part != "__init__"]
            yield ".".join([package, *names]), path


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found.add(module)
                found.update(f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom(level=level) if level > 0:
                pytest.fail(f"{path}: relative import; imports are written out")
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize(
    ("module", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_module_imports_only_what_its_place_allows(module: str, path: Path) -> None:
    names = imported(path)
    for place, banned in FORBIDDEN.items():
        if not within(module, place):
            continue
        wrong = {name for name in names for ban in banned if within(name, ban)}
        assert not wrong, f"{module} may not import {sorted(wrong)}"


def test_the_rules_name_packages_that_exist() -> None:
    known = {module for module, _ in modules()}
    missing = [place for place in FORBIDDEN if not any(within(name, place) for name in known)]
    assert not missing
