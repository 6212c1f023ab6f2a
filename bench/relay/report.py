"""Results as tables for a terminal and as JSON."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version

import psutil  # type: ignore[import-untyped]  # it ships no types
from rich.console import Console
from rich.table import Table

from beamdesk.bench.relay.targets import Results, findings

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
            "results": asdict(results),
            "findings": [{**asdict(it), "reached": it.reached} for it in findings(results)],
        },
        indent=2,
    )


def show(results: Results, console: Console) -> None:
    console.print(", ".join(f"{name} {value}" for name, value in machine().items()), style="dim")
    relays = Table("relay", "writes", "MB/s", "CPU s/GB", "by round", title="Throughput, one viewer")
    for one in sorted(results.throughput, key=lambda it: (-it.chunk, it.cpu_seconds_per_gb)):
        relays.add_row(
            one.relay,
            f"{one.chunk // 1024} KiB",
            f"{one.megabytes_per_second:.0f}",
            f"{one.cpu_seconds_per_gb:.3f}",
            " ".join(f"{cost:.2f}" for cost in one.cpu_by_round),
        )
    console.print(relays)
    echoes = Table("busy sessions", "direct p50", "direct p99", "added p50", "added p99")
    echoes.title = "A key press and its echo, ms"
    for it in results.latency:
        figures = (it.direct_p50, it.direct_p99, it.added_p50, it.added_p99)
        echoes.add_row(str(it.busy), *(f"{figure:.3f}" for figure in figures))
    console.print(echoes)
    judged = Table("figure", "measured", "wanted", "", title="Targets")
    for found in findings(results):
        judged.add_row(
            found.what,
            f"{found.figure:.2f} {found.unit}",
            f"≤ {found.limit:g} {found.unit}",
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
