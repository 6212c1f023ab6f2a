"""The bench runs, measures what it says, and judges by its limits."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beamdesk.bench.cli import app
from beamdesk.bench.figures import cpu_seconds, percentile, private_bytes
from beamdesk.bench.relay.peers import GATEWAY, TCP, running, running_source, that_can_run
from beamdesk.bench.relay.rfb_results import RfbResults
from beamdesk.bench.relay.rfb_scenarios import Idle, Latency, Stalled, Throughput
from beamdesk.bench.relay.rfb_viewer import LoadViewer

GOOD = RfbResults(
    throughput=[
        Throughput(relay, chunk, 1000, cost, (cost,))
        for chunk in (64 * 1024, 4 * 1024)
        for relay, cost in ((GATEWAY, 0.2), (TCP, 0.3), ("websockify", 0.6))
    ],
    latency=[Latency(busy, 0.1, 0.2, 0.1, 0.3) for busy in (0, 50)],
    idle=Idle(1000, 30, 0.3),
    stalled=Stalled(10, 500, 1000, 0.01),
)


@pytest.mark.slow
def test_a_quick_run_measures_everything(tmp_path: Path):
    picture = tmp_path / "relay.png"
    done = CliRunner().invoke(app, ["relay", "--quick", "--json", "--plot", str(picture)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {it["relay"] for it in told["results"]["throughput"]} == set(that_can_run())
    assert {it["chunk"] for it in told["results"]["throughput"]} == {65536, 4096}
    assert all(it["cpu_seconds_per_gb"] > 0.01 for it in told["results"]["throughput"])
    assert all(it["megabytes_per_second"] > 1 for it in told["results"]["throughput"])
    assert [it["busy"] for it in told["results"]["latency"]] == [0, 5]
    assert told["results"]["idle"]["viewers"] == 20
    assert told["results"]["stalled"]["kernel_kib_each"] > 100
    assert len(told["findings"]) >= 8
    assert told["machine"]["cores"]
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("unix", [True, False])
@pytest.mark.parametrize("name", that_can_run())
def test_every_relay_moves_and_echoes(tmp_path: Path, name: str, unix: bool):
    with ExitStack() as stack:
        source = stack.enter_context(running_source(tmp_path, chunk=4096, unix=unix))
        peer = stack.enter_context(running(name, source))
        with LoadViewer(peer.port, websocket=peer.websocket) as viewer:
            viewer.echo()
            assert viewer.payload == 8
            viewer.ask_for(3000)
            viewer.read_to(8 + 3000 * 1024)
            assert viewer.payload == 8 + 3000 * 1024
            viewer.start_beat(2, 100)
            viewer.read_to(viewer.payload + 10 * 2048)
            assert cpu_seconds(peer.pid) > 0
            assert private_bytes(peer.pid) > 1_000_000


def test_all_good_figures_reach_their_targets():
    assert all(found.reached for found in GOOD.findings())


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (replace(GOOD, idle=Idle(1000, 151, 0.3)), "memory"),
        (replace(GOOD, idle=Idle(1000, 30, 2.1)), "CPU of 1000"),
        (replace(GOOD, stalled=Stalled(10, 1500, 600, 0.01)), "stopped reading"),
        (replace(GOOD, stalled=Stalled(10, 500, 600, 0.2)), "added by them"),
        (replace(GOOD, latency=[Latency(50, 0.1, 1.1, 0.1, 0.3)]), "50 busy"),
        (
            replace(GOOD, throughput=[replace(it, cpu_seconds_per_gb=0.5) for it in GOOD.throughput]),
            "over websockify's, writes of 64 KiB",
        ),
    ],
)
def test_a_bad_figure_is_found(bad: RfbResults, what: str):
    missed = [found.what for found in bad.findings() if not found.reached]
    assert any(what in one for one in missed), missed


def test_without_websockify_the_others_are_judged():
    results = replace(GOOD, throughput=[it for it in GOOD.throughput if it.relay != "websockify"])
    assert not [found for found in results.findings() if "websockify" in found.what]
    assert [found for found in results.findings() if "bare TCP" in found.what]


def test_cpu_seconds_are_the_processes_own():
    before = cpu_seconds(os.getpid())
    sum(range(2_000_000))
    assert 0.001 < cpu_seconds(os.getpid()) - before < 60


def test_percentile():
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(100), 0.99) == 99
    assert percentile([7], 0.99) == 7


def test_help_names_the_options():
    plain = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-m", "typer", "beamdesk.bench.cli", "run", "relay", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=plain,
    )
    assert set(re.findall(r"--[a-z]+", done.stdout)) >= {"--quick", "--json", "--plot", "--unix", "--rounds"}
