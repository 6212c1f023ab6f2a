"""Real desktops whose programs misbehave: nothing is left behind, and the log says what happened."""

import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local import LocalBroker
from beamdesk.brokers.local.programs import DEFAULT_PATH
from beamdesk.brokers.local.supervisor.processes import MARK
from beamdesk.brokers.protocol import MachinePhase, MachineRef
from support.broker_conformance import create, eventually, listed, op, phase_of, until
from support.local_ground import LocalGround

pytestmark = pytest.mark.desktop


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Callable[..., LocalGround]]:
    """Grounds whose programs are replaced by shell scripts."""
    grounds = []

    def make(**scripts: str) -> LocalGround:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, text in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        grounds.append(LocalGround(tmp_path / "local", environment={"PATH": f"{folder}:{DEFAULT_PATH}"}))
        return grounds[-1]

    yield make
    for ground in grounds:
        await ground.close()


async def _log(broker: LocalBroker, instance_id: str) -> str:
    page = await broker.logs(MachineRef(instance_id), None)
    return "\n".join(page.lines)


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid)]


async def test_when_the_server_dies_the_whole_desktop_ends(ground: LocalGround) -> None:
    broker = ground.broker()
    await create(broker, "one")
    pids = [process.pid for process in (*ground.processes("one"), ground.supervisor("one"))]
    await ground.kill("one")
    await until(broker, "one", MachinePhase.FAILED)
    psutil.wait_procs([psutil.Process(pid) for pid in _alive(pids)], timeout=10)
    assert _alive(pids) == []
    assert (await listed(broker))["one"].sentence == "The desktop server ended unexpectedly."


async def test_when_the_supervisor_is_killed_the_machine_is_failed_and_can_start(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    left = ground.processes("one")
    ground.supervisor("one").kill()
    await until(broker, "one", MachinePhase.FAILED)
    await broker.start(ref, op("start"))
    await until(broker, "one", MachinePhase.RUNNING)
    now = {process.pid for process in ground.processes("one")}
    assert not now & {process.pid for process in left if process.is_running()}


async def test_what_a_killed_supervisor_left_is_ended_by_stop(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    detached = _start_detached(ground, "one")
    ground.supervisor("one").kill()
    await until(broker, "one", MachinePhase.FAILED)
    assert detached.poll() is None
    await broker.stop(ref, op("stop"))
    assert detached.wait(10) != 0
    assert ground.processes("one") == []
    assert await phase_of(broker, "one") is MachinePhase.STOPPED


async def test_a_program_that_detached_itself_ends_with_the_desktop(
    stage: Callable[..., LocalGround], tmp_path: Path
) -> None:
    """Without the mark and in a session of its own it is still a descendant of the supervisor."""
    told = tmp_path / "pid"
    ground = stage(
        tint2=f"env -i setsid sh -c 'echo $$ > {told}.new; mv {told}.new {told}; sleep 600' & exec sleep 600"
    )
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref

    async def is_told() -> bool:
        return told.exists()

    await eventually(is_told)
    pid = int(told.read_text())
    assert psutil.Process(pid).environ().get(MARK) is None
    await broker.stop(ref, op("stop"))
    assert not psutil.pid_exists(pid)


async def test_a_program_that_does_not_want_to_end_is_made_to(stage: Callable[..., LocalGround]) -> None:
    ground = stage(tint2="trap '' TERM HUP INT; while :; do sleep 1; done")
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    supervisor = ground.supervisor("one")
    await broker.stop(ref, op("stop"))
    assert ground.processes("one") == []
    assert psutil.wait_procs([supervisor], timeout=10)[1] == []
    assert await phase_of(broker, "one") is MachinePhase.STOPPED


async def test_a_session_that_ends_is_started_again(ground: LocalGround) -> None:
    """Logging out of the desktop gives a fresh session, not a dead machine."""
    broker = ground.broker()
    await create(broker, "one")
    [manager] = [process for process in ground.processes("one") if process.name() == "openbox"]
    manager.terminate()
    psutil.wait_procs([manager], timeout=10)

    async def is_back() -> bool:
        return any(process.name() == "openbox" for process in ground.processes("one"))

    await eventually(is_back)
    assert await phase_of(broker, "one") is MachinePhase.RUNNING
    assert ground.boots("one") == 1
    assert "openbox ended" in await _log(broker, "one")


async def test_a_server_that_cannot_start_fails_the_create_with_its_words(
    stage: Callable[..., LocalGround],
) -> None:
    ground = stage(Xtigervnc="echo no such framebuffer >&2; exit 3")
    broker = ground.broker()
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    assert caught.value.reason is BrokerReason.PERMANENT
    assert caught.value.sentence == "The desktop server ended unexpectedly."
    assert "Xtigervnc: no such framebuffer" in caught.value.detail
    assert await phase_of(broker, "one") is MachinePhase.FAILED


async def test_a_session_that_ends_again_and_again_fails_the_machine(
    stage: Callable[..., LocalGround],
) -> None:
    ground = stage(openbox="exit 7")
    broker = ground.broker()
    with pytest.raises(BrokerError) as caught:
        await create(broker, "one")
    assert caught.value.sentence == "The desktop's session (openbox) ended again and again."
    assert "openbox ended with exit code 7" in caught.value.detail
    assert ground.processes("one") == []


async def test_a_panel_that_ends_again_and_again_does_not_matter(stage: Callable[..., LocalGround]) -> None:
    ground = stage(tint2="exit 7")
    broker = ground.broker()
    await create(broker, "one")

    async def is_given_up() -> bool:
        return "tint2 ended with exit code 7, again and again" in await _log(broker, "one")

    await eventually(is_given_up)
    assert await phase_of(broker, "one") is MachinePhase.RUNNING


async def test_the_log_of_a_talkative_program_stays_small(stage: Callable[..., LocalGround]) -> None:
    ground = stage(tint2="yes 0123456789abcdef | head -c 3000000; echo the last line; exec sleep 600")
    broker = ground.broker()
    await create(broker, "one")
    cursor: str | None = None

    async def is_read() -> bool:
        nonlocal cursor
        page = await broker.logs(MachineRef("one"), cursor)
        cursor = page.cursor
        return any(line.endswith("the last line") for line in page.lines)

    await eventually(is_read)
    size = sum(entry.stat().st_size for entry in (ground.folder("one") / "log").iterdir())
    assert size < 600 * 1024


async def test_the_keyboard_layout_is_set(ground: LocalGround) -> None:
    await create(ground.broker(), "one", keyboard="ch(fr)")
    answer = await ground.ask("one", "setxkbmap", "-query")
    assert {"layout:     ch", "variant:    fr"} <= set(answer.splitlines())


async def test_the_screen_has_the_size_that_was_asked_for(ground: LocalGround) -> None:
    await create(ground.broker(), "one")
    assert await ground.ask("one", "xdotool", "getdisplaygeometry") == "1024 768\n"


async def test_what_was_written_survives_stop_and_start(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    kept = ground.folder("one") / "home" / "Documents" / "kept"
    kept.write_text("kept")
    before = await broker.endpoints(ref)
    await broker.stop(ref, op("stop"))
    await broker.start(ref, op("start"))
    await until(broker, "one", MachinePhase.RUNNING)
    assert kept.read_text() == "kept"
    assert await broker.endpoints(ref) == before


async def test_a_supervisor_that_hangs_is_ended_by_force(
    ground: LocalGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beamdesk.brokers.local.lifecycle._FORCE_AFTER_SECONDS", 0.3)
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    ground.supervisor("one").suspend()
    await broker.stop(ref, op("stop"))
    assert ground.processes("one") == []
    assert await phase_of(broker, "one") is MachinePhase.STOPPED


def _start_detached(ground: LocalGround, instance_id: str) -> subprocess.Popen[bytes]:
    """A program that left the desktop's session and group, as a daemon does."""
    environment = {MARK: str(ground.folder(instance_id))}
    return subprocess.Popen(["/bin/sleep", "600"], env=environment, start_new_session=True)
