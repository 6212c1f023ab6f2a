"""The bench of the Guacamole lane runs, measures what it says, and judges by its limits."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beamdesk.bench.cli import app
from beamdesk.bench.figures import cpu_seconds
from beamdesk.bench.relay import guac_scenarios
from beamdesk.bench.relay.guac_results import GuacResults
from beamdesk.bench.relay.guac_scenarios import CAPTURES, Held, Memory, Moved, Responses
from beamdesk.bench.relay.guac_source import Capture
from beamdesk.bench.relay.guac_viewer import GuacViewer
from beamdesk.bench.relay.peers import (
    GATEWAY,
    GUACAMOLE_LITE,
    TCP,
    running_guac_source,
    running_guacamole,
)
from beamdesk.codecs.guac.framing import InstructionFramer

FOLDER = Path(guac_scenarios.__file__).parents[1] / "captures"
SCROLLING = CAPTURES["guacd 1.3, scrolling"]

GOOD = GuacResults(
    moved=[
        Moved(relay, "a stream", viewers, shape, 100, 1000, cost, (cost,))
        for relay, cost in ((TCP, 0.5), (GATEWAY, 0.6), (GUACAMOLE_LITE, 40))
        for viewers, shape in ((1, "own"), (10, "shared"))
    ],
    responses=[Responses(GATEWAY, busy, 0.1, 0.9, 0.1, 0.9, 0.1, 0.3, 20) for busy in (0, 50)],
    memory=[Memory(GATEWAY, 200, 60)],
    held=Held(10, 2000, 3000, 40, 39),
)


@pytest.mark.slow
def test_a_quick_run_measures_everything(tmp_path: Path):
    picture = tmp_path / "relay.png"
    arguments = ["relay", "--protocol", "guacamole", "--quick", "--json", "--plot", str(picture)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    results = json.loads(done.stdout)["results"]
    own = [it for it in results["moved"] if it["shape"] == "own"]
    assert {it["relay"] for it in own} == {TCP, GATEWAY, GUACAMOLE_LITE}
    assert {it["capture"] for it in own} <= set(CAPTURES)
    assert {it["viewers"] for it in own} == {1, 5}
    assert {(it["relay"], it["viewers"]) for it in results["moved"] if it not in own} == {
        (TCP, 2),
        (GATEWAY, 2),
    }
    assert all(it["cpu_seconds_per_gb"] > 0.01 for it in results["moved"])
    assert all(it["instructions_per_second"] > 1000 for it in results["moved"])
    assert {(it["relay"], it["busy"]) for it in results["responses"]} == {
        (GATEWAY, 0),
        *((relay, 5) for relay in (TCP, GATEWAY, GUACAMOLE_LITE)),
    }
    assert results["held"]["frames_before"] > 5
    assert len(json.loads(done.stdout)["findings"]) >= 10
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", [TCP, GATEWAY, GUACAMOLE_LITE])
def test_every_relay_moves_the_stream_and_answers(name: str):
    with (
        running_guac_source(FOLDER / SCROLLING) as source,
        running_guacamole(name, source) as peer,
        GuacViewer(peer.port, peer.desktop(0)) as viewer,
        GuacViewer(peer.port, peer.desktop(1)) as other,
    ):
        viewer.ask_for(2)
        viewer.read_to(2 * source.portion)
        assert viewer.payload == 2 * source.portion
        assert not other.payload
        whole, way_back = viewer.echo()
        assert 0 < way_back < whole
        viewer.play()
        while viewer.frames < 20:
            viewer.read_frames()
        assert cpu_seconds(peer.pid) > 0


@pytest.mark.parametrize("name", [TCP, GATEWAY])
def test_a_desktop_can_be_shared(name: str):
    with (
        running_guac_source(FOLDER / SCROLLING) as source,
        running_guacamole(name, source) as peer,
        GuacViewer(peer.port, peer.desktop(0)) as first,
        GuacViewer(peer.port, peer.desktop(0), joins=first.connection) as second,
    ):
        second.ask_for(1)
        second.read_to(source.portion)
        first.read_to(source.portion)


@pytest.mark.parametrize("capture", CAPTURES.values())
def test_portions_and_frames_are_whole(capture: str):
    loaded = Capture.load(FOLDER / capture)
    framed = InstructionFramer().feed(loaded.portion)
    assert (framed.end, framed.instructions) == (len(loaded.portion), loaded.instructions)
    assert len(loaded.frames) > 100
    assert [frame.due for frame in loaded.frames] == sorted(frame.due for frame in loaded.frames)
    for frame in loaded.frames:
        framed = InstructionFramer().feed(frame.drawing)
        assert (framed.end, framed.syncs) == (len(frame.drawing), 0)


def test_who_holds_up_one_holds_up_all_as_with_guacd():
    """Else the bench could not show that the gateway keeps viewers apart."""
    with (
        running_guac_source(FOLDER / SCROLLING) as source,
        GuacViewer(source.port, None) as reader,
        GuacViewer(source.port, None, joins=reader.connection, receive_buffer=4096),
    ):
        reader.ask_for(64)
        reader.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            reader.read_to(64 * source.portion)


def test_all_good_figures_reach_their_targets():
    assert all(found.reached for found in GOOD.findings())
    assert len(list(GOOD.findings())) == 10


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (replace(GOOD, moved=[replace(it, cpu_seconds_per_gb=1.0) for it in GOOD.moved]), "guacamole-lite's"),
        (
            replace(
                GOOD,
                moved=[
                    replace(it, cpu_seconds_per_gb=0.64) if it.relay == GATEWAY else it for it in GOOD.moved
                ],
            ),
            "bare TCP relay's, a stream, viewers: 10 of one desktop",
        ),
        (replace(GOOD, responses=[replace(it, key_p99=1.1) for it in GOOD.responses]), "key press"),
        (replace(GOOD, responses=[replace(it, sync_p99=1.1) for it in GOOD.responses]), "`sync`"),
        (replace(GOOD, held=Held(10, 3000, 3000, 40, 39)), "stopped reading"),
        (replace(GOOD, held=Held(10, 2000, 3000, 40, 37)), "frames"),
    ],
)
def test_a_bad_figure_is_found(bad: GuacResults, what: str):
    missed = [found.what for found in bad.findings() if not found.reached]
    assert any(what in one for one in missed), missed
