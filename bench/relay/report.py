"""Results as tables for a terminal and as JSON."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

import psutil  # type: ignore[import-untyped]  # it ships no types
from rich.console import Console
from rich.table import Table

from beamdesk.bench.relay.findings import Results

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["as_json", "show"]


def machine() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": str(psutil.cpu_count()),
        "load average": f"{psutil.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "aiohttp": version("aiohttp"),
        "uvloop": version("uvloop"),
    }


def as_json(results: Results) -> str:
    return json.dumps(
        {
            "machine": machine(),
            "results": asdict(cast("DataclassInstance", results)),
            "findings": [{**asdict(it), "reached": it.reached} for it in results.findings()],
        },
        indent=2,
    )


def show(results: Results, console: Console) -> None:
    console.print(", ".join(f"{name} {value}" for name, value in machine().items()), style="dim")
    for table in results.tables():
        console.print(table)
    judged = Table("figure", "measured", "wanted", "", title="Targets")
    for found in results.findings():
        judged.add_row(
            found.what,
            f"{found.figure:.3g} {found.unit}",
            f"≤ {found.limit:.3g} {found.unit}",
            "[green]reached[/]" if found.reached else "[red]missed[/]",
        )
    console.print(judged)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as told:  # noqa: PTH123  (a path is no clearer)
            names = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
