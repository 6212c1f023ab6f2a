"""`beamdesk bench relay`."""

import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from beamdesk.bench.relay import guac_scenarios, rfb_scenarios
from beamdesk.bench.relay.findings import Results
from beamdesk.bench.relay.guac_results import GuacResults
from beamdesk.bench.relay.guac_scenarios import CAPTURES, GuacLoad
from beamdesk.bench.relay.limits import allow_descriptors
from beamdesk.bench.relay.peers import GATEWAY, TCP, guacamole_that_can_run, that_can_run
from beamdesk.bench.relay.plot import draw
from beamdesk.bench.relay.report import as_json, show
from beamdesk.bench.relay.rfb_results import RfbResults
from beamdesk.bench.relay.rfb_scenarios import RfbLoad

__all__ = ["relay"]

_QUICK_RFB: Final = RfbLoad(volume_mib=64, rounds=1, echoes=100, busy=5, idle=20, idle_seconds=1, stalled=2)
_QUICK_GUACAMOLE: Final = GuacLoad(
    settling_seconds=0,
    portions=32,
    lite_portions=2,
    rounds=1,
    captures=tuple(CAPTURES)[-1:],
    viewers=(1, 5),
    sharing=2,
    echoes=40,
    busy=5,
    idle=20,
    stalled=2,
    watch_seconds=2,
)
_CHUNKS: Final = (64 * 1024, 4 * 1024)


class Protocol(StrEnum):
    """What is relayed."""

    RFB = "rfb"
    GUACAMOLE = "guacamole"


def relay(
    *,
    protocol: Annotated[Protocol, typer.Option(help="What is relayed.")] = Protocol.RFB,
    volume: Annotated[int, typer.Option(help="MiB of one transfer.")] = 1024,
    rounds: Annotated[int, typer.Option(help="Transfers by each relay, in turns.")] = 5,
    busy: Annotated[int, typer.Option(help="Busy sessions beside the measured key presses.")] = 50,
    viewers: Annotated[int | None, typer.Option(help="Idle viewers.", show_default="1000 or 200")] = None,
    unix: Annotated[bool, typer.Option("--unix", help="RFB desktops on unix sockets, not TCP.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A few seconds; figures mean little.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a picture to this file.")] = None,
) -> None:
    """Put the gateway's relay beside others, in one run.

    RFB: a bare TCP relay and websockify. Guacamole: a bare TCP relay and guacamole-lite.
    Exit code 1: a target was missed.
    """
    allow_descriptors()
    with Console(stderr=True).status("") as status:
        results: Results
        if protocol is Protocol.RFB:
            rfb = RfbLoad(volume_mib=volume, rounds=rounds, busy=busy, idle=viewers or 1000, unix=unix)
            results = _rfb(_QUICK_RFB if quick else rfb, status.update)
        else:
            guacamole = GuacLoad(portions=volume, rounds=rounds, busy=busy, idle=viewers or 200)
            results = _guacamole(_QUICK_GUACAMOLE if quick else guacamole, status.update)
    if plot is not None:
        draw(results, plot)
    if json:
        print(as_json(results))
    else:
        show(results, Console())
    if not all(found.reached for found in results.findings()) and not quick:
        raise typer.Exit(1)


def _rfb(load: RfbLoad, tell: Callable[[str], None]) -> RfbResults:
    with tempfile.TemporaryDirectory(prefix="beamdesk-bench-") as name:
        folder = Path(name)
        moved = []
        for chunk in _CHUNKS:
            tell(f"moving bytes, written {chunk // 1024} KiB at a time")
            moved += rfb_scenarios.throughput(folder, load, that_can_run(), chunk)
        tell("pressing keys")
        echoes = [rfb_scenarios.latency(folder, load, busy=busy) for busy in (0, load.busy)]
        tell(f"{load.idle} idle viewers")
        resting = rfb_scenarios.idle(folder, load)
        tell("viewers that do not read")
        return RfbResults(moved, echoes, resting, rfb_scenarios.stalled(folder, load))


def _guacamole(load: GuacLoad, tell: Callable[[str], None]) -> GuacResults:
    names = guacamole_that_can_run()
    moved = []
    for capture in load.captures:
        tell(f"{capture}, one viewer")
        moved += guac_scenarios.moved(load, names, capture, 1, "own")
    for count in load.viewers[1:]:
        tell(f"{count} viewers")
        moved += guac_scenarios.moved(load, names, load.captures[0], count, "own")
    tell(f"{load.sharing} viewers of one desktop")
    moved += guac_scenarios.moved(load, [TCP, GATEWAY], load.captures[0], load.sharing, "shared")
    tell("pressing keys")
    answers = [guac_scenarios.responses(load, GATEWAY, 0)]
    answers += [guac_scenarios.responses(load, name, load.busy) for name in names]
    tell(f"{load.idle} idle viewers")
    sizes = [guac_scenarios.memory(load, name) for name in names]
    tell("viewers that do not read")
    return GuacResults(moved, answers, sizes, guac_scenarios.held(load))
