"""The gateway is killed at every point of a create: what it left behind becomes the one machine."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from beamdesk.brokers.protocol import MachinePhase
from support.broker_conformance import STATES, create, eventually, listed, op, phase_of, until
from support.local_ground import LocalGround

pytestmark = pytest.mark.desktop

_GATEWAY = """
import asyncio, sys
from pathlib import Path
from beamdesk.brokers.local import LocalBroker, LocalSettings
from beamdesk.brokers.protocol import MachineSpec, OperationKey, Screen

async def main(settings, stop_after):
    broker = LocalBroker("local", "ours", LocalSettings.model_validate_json(settings))
    spec = MachineSpec("one", "one", "desktop", "small", Screen(800, 600), "us")
    count = 0
    print("begun", flush=True)
    async for state in broker.create(spec, OperationKey("a"), None):
        count += 1
        print(state.phase, flush=True)
        if count == stop_after:
            await asyncio.Event().wait()
    print("done", flush=True)
    await asyncio.Event().wait()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def _gateway_killed_after(ground: LocalGround, lines: int, *, held: bool) -> None:
    """Run a create in a process of its own; kill it after some lines, in a pause or while it goes on."""
    stop_after = lines - 1 if held else 0
    settings = ground.settings.model_dump_json()
    gateway = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _GATEWAY, settings, str(stop_after)),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert gateway.stdout is not None
    try:
        for _ in range(lines):
            assert await gateway.stdout.readline()
    finally:
        os.killpg(gateway.pid, signal.SIGKILL)
        await gateway.wait()
        # The pipe ends only when nobody holds it: a desktop that did would be found here.
        async with asyncio.timeout(10):
            await gateway.stdout.read()


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("lines", range(1, STATES + 1))
async def test_a_gateway_killed_while_it_creates_leaves_one_machine(
    ground: LocalGround, lines: int, *, held: bool
) -> None:
    await _gateway_killed_after(ground, lines, held=held)
    states = await create(ground.broker(), "one")
    assert states[-1].phase is MachinePhase.RUNNING
    assert ground.boots("one") == 1
    assert set(await listed(ground.broker())) == {"one"}
    assert list((ground.settings.folder / "ours").glob(".new*")) == []


async def test_desktops_outlive_a_killed_gateway_and_are_found_again(ground: LocalGround) -> None:
    await _gateway_killed_after(ground, 5, held=False)
    before = {process.pid for process in ground.processes("one")}
    broker = ground.broker()
    assert await phase_of(broker, "one") is MachinePhase.RUNNING
    ref = (await create(broker, "one"))[-1].ref
    assert {process.pid for process in ground.processes("one")} >= before
    await broker.stop(ref, op("stop"))
    assert await phase_of(broker, "one") is MachinePhase.STOPPED


async def test_a_gateway_killed_while_it_stops_is_finished_by_the_supervisor(ground: LocalGround) -> None:
    broker = ground.broker()
    await create(broker, "one")
    ground.supervisor("one").send_signal(signal.SIGTERM)
    await until(ground.broker(), "one", MachinePhase.STOPPED)


async def test_what_a_delete_left_when_it_was_killed_is_removed_by_the_next(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    await broker.stop(ref, op("stop"))
    home = ground.settings.folder / "ours"
    # As after a kill between the renaming and the removal.
    (home / ".gone-one-x").mkdir()
    ground.folder("one").rename(home / ".gone-one-x" / "machine")
    assert await listed(broker) == {}
    await broker.delete(ref, op("delete"))
    assert [path.name for path in home.iterdir() if "one" in path.name] == []


async def test_a_reboot_that_was_cut_off_after_the_stop_is_finished_by_the_same_reboot(
    ground: LocalGround,
) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    task = asyncio.create_task(broker.reboot(ref, op("a")))

    async def is_stopped() -> bool:
        return await phase_of(broker, "one") in {MachinePhase.STOPPING, MachinePhase.STOPPED}

    await eventually(is_stopped)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await broker.reboot(ref, op("a"))
    await until(broker, "one", MachinePhase.RUNNING)
    assert ground.boots("one") == 2


async def test_a_state_of_before_the_computers_restart_is_a_stopped_machine(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    await broker.stop(ref, op("stop"))
    _rewrite(ground.folder("one") / "state.json", '"stopped"', '"running"')
    state = ground.state("one")
    _rewrite(ground.folder("one") / "state.json", str(state["boot_id"]), "another boot")
    assert await phase_of(broker, "one") is MachinePhase.STOPPED


async def test_another_process_with_the_same_id_is_not_the_supervisor(ground: LocalGround) -> None:
    """Process ids are used again: this one is ours, and a stop that believed in it would end the tests."""
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    await broker.stop(ref, op("stop"))
    _rewrite(ground.folder("one") / "state.json", '"stopped"', '"running"')
    its_id = f'"pid": {ground.state("one")["pid"]}'
    _rewrite(ground.folder("one") / "state.json", its_id, f'"pid": {os.getpid()}')
    assert await phase_of(broker, "one") is MachinePhase.FAILED
    await broker.stop(ref, op("stop"))
    assert await phase_of(broker, "one") is MachinePhase.STOPPED


async def test_a_torn_state_is_a_stopped_machine(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    await broker.stop(ref, op("stop"))
    (ground.folder("one") / "state.json").write_text('{"phase": "runn')
    assert await phase_of(broker, "one") is MachinePhase.STOPPED
    assert (await create(broker, "one"))[-1].phase is MachinePhase.RUNNING


def _rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
