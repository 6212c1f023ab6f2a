"""What a desktop gets from the gateway: nothing but what it is meant to have."""

import os
import stat
from pathlib import Path

import psutil
import pytest

from beamdesk.brokers.local.supervisor.limits import places
from support.broker_conformance import create
from support.local_ground import LocalGround

pytestmark = pytest.mark.desktop


def _descriptors(process: psutil.Process) -> set[str]:
    return {str(entry.readlink()) for entry in Path(f"/proc/{process.pid}/fd").iterdir()}


def _stat(process: psutil.Process) -> list[str]:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()


async def test_the_way_in_is_a_socket_of_this_user_alone(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    [endpoint] = await broker.endpoints(ref)
    assert endpoint.unix_path is not None
    mode = Path(endpoint.unix_path).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    for folder in (ground.folder("one"), Path(endpoint.unix_path).parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((ground.folder("one") / "passwords").stat().st_mode) == 0o600
    assert ground.server("one").net_connections(kind="inet") == []


async def test_the_passwords_are_random_and_not_on_a_command_line(ground: LocalGround) -> None:
    broker = ground.broker()
    known: set[str | None] = set()
    for instance_id in ("one", "two"):
        ref = (await create(broker, instance_id))[-1].ref
        [endpoint] = await broker.endpoints(ref)
        assert len(endpoint.password or "") == len(endpoint.view_only_password or "") == 8
        known |= {endpoint.password, endpoint.view_only_password}
        for process in ground.processes(instance_id):
            assert not known & {*process.cmdline(), *process.environ().values()}
    assert len(known) == 4


async def test_the_gateways_environment_stays_outside(
    ground: LocalGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEAMDESK__DATABASE__URL", "postgresql://secret")
    monkeypatch.setenv("SOME_TOKEN", "secret")
    await create(ground.broker(), "one")
    for process in (*ground.processes("one"), ground.supervisor("one")):
        environment = process.environ()
        assert "SOME_TOKEN" not in environment
        assert not [name for name in environment if name.startswith("BEAMDESK__")]
    environment = ground.server("one").environ()
    assert environment["HOME"] == str(ground.folder("one") / "home")
    assert environment["LANG"] == "C.UTF-8"


async def test_no_descriptor_terminal_or_group_of_the_gateway_is_held(ground: LocalGround) -> None:
    reading, writing = os.pipe()
    try:
        os.set_inheritable(writing, True)
        pipe = str(Path(f"/proc/self/fd/{writing}").readlink())
        await create(ground.broker(), "one")
        supervisor = ground.supervisor("one")
        everything = (*ground.processes("one"), supervisor)
        assert len(everything) > 4
        for process in everything:
            assert pipe not in _descriptors(process)
            session, terminal = _stat(process)[3], _stat(process)[4]
            assert (int(session), int(terminal)) == (supervisor.pid, 0)
        assert supervisor.ppid() != os.getpid()
    finally:
        os.close(reading)
        os.close(writing)


async def test_the_supervisor_carries_no_mark_and_its_programs_end_with_it(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    supervisor = ground.supervisor("one")
    marked, server = ground.processes("one"), ground.server("one")
    assert supervisor not in marked
    assert {child.pid for child in supervisor.children()} <= {process.pid for process in marked}
    supervisor.kill()
    gone, left = psutil.wait_procs([server], timeout=10)
    assert (len(gone), left) == (1, [])
    assert [machine.ref for machine in (await broker.observe([ref])).machines] == [ref]


async def test_a_flavours_limits_hold(ground: LocalGround) -> None:
    await create(ground.broker(), "one")
    server = ground.server("one")
    memory = 2048 * 1024 * 1024
    where = places()
    if where.unified is None and where.memory is None:
        assert server.rlimit(psutil.RLIMIT_DATA)[0] == memory
        return
    parent = where.unified or where.memory
    name = "memory.max" if where.unified else "memory.limit_in_bytes"
    groups = [
        group
        for group in Path(str(parent)).iterdir()
        if group.is_dir() and str(server.pid) in (group / "cgroup.procs").read_text().split()
    ]
    assert [int((group / name).read_text()) for group in groups] == [memory]
    inside = {int(pid) for pid in (groups[0] / "cgroup.procs").read_text().split()}
    assert {process.pid for process in ground.processes("one")} <= inside
    await ground.close()
    assert not groups[0].exists()


async def test_programs_of_a_desktop_are_ended_before_the_gateway_when_memory_is_short(
    ground: LocalGround,
) -> None:
    await create(ground.broker(), "one")
    own = int(Path("/proc/self/oom_score_adj").read_text())
    for process in ground.processes("one"):
        assert int(Path(f"/proc/{process.pid}/oom_score_adj").read_text()) > own
