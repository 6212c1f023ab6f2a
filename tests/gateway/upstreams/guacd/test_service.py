"""A guacd of the gateway's own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from beamdesk.gateway.clock import SystemClock
from beamdesk.gateway.config.settings import GuacamoleSettings
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.service import LocalGuacd
from beamdesk.gateway.upstreams.guacd.source import find_guacd
from support.guacd_world import SMALL, Listener, running_keepers, ticket_for, until

pytestmark = pytest.mark.guacd


@pytest.fixture
async def own(guacd_launcher: Path) -> AsyncIterator[LocalGuacd]:
    tasks, own = BackgroundTasks(), LocalGuacd(guacd_launcher, SystemClock())
    tasks.start("guacd", own.run)
    await until(lambda: own.pid)
    yield own
    await tasks.stop()


async def test_it_runs_and_is_gone_afterwards(guacd_launcher: Path):
    tasks, own = BackgroundTasks(), LocalGuacd(guacd_launcher, SystemClock())
    with pytest.raises(UpstreamFailed) as caught:
        own.address()
    assert caught.value.reason is EndReason.RELAY_FAILED
    tasks.start("guacd", own.run)
    await until(lambda: own.pid)
    pid = own.pid
    _, writer = await asyncio.open_connection(own.address().host, own.address().port)
    writer.close()
    await tasks.stop()
    assert not psutil.pid_exists(pid)
    with pytest.raises(UpstreamFailed):
        own.address()


async def test_it_is_started_again_when_it_dies(own: LocalGuacd):
    before = own.pid
    os.kill(before, signal.SIGKILL)
    await until(lambda: own.pid not in {None, before})


@pytest.mark.desktop
async def test_its_death_ends_viewers_and_the_next_one_finds_the_new_one(own: LocalGuacd, target: Target):
    async with running_keepers(own.address) as keepers:
        async with keepers.held(ticket_for(target), Listener(), SMALL) as keeper:
            await keeper.drawn()
            before = own.pid
            children = psutil.Process(before).children()
            os.kill(before, signal.SIGKILL)
            assert await keeper.ended() is EndReason.RELAY_FAILED
        await until(lambda: own.pid not in {None, before})
        async with keepers.held(ticket_for(target), Listener(), SMALL) as again:
            await again.drawn()
            assert again.reason is None
        await until(lambda: not any(child.is_running() for child in children))


async def test_what_cannot_run_is_tried_again(tmp_path: Path):
    launcher = tmp_path / "guacd"
    launcher.write_text(f"#!/bin/sh\necho x >> {tmp_path}/tries\nexit 3\n")
    launcher.chmod(0o755)
    tasks, own = BackgroundTasks(), LocalGuacd(launcher, SystemClock())
    tasks.start("guacd", own.run)
    await until(lambda: (tmp_path / "tries").exists() and len((tmp_path / "tries").read_text()) >= 4)
    assert own.pid is None
    await tasks.stop()


async def test_it_dies_with_a_gateway_that_is_killed(guacd_launcher: Path):
    program = (
        "import asyncio, sys; from pathlib import Path;"
        "from beamdesk.gateway.clock import SystemClock;"
        "from beamdesk.gateway.upstreams.guacd.service import LocalGuacd;"
        f"asyncio.run(LocalGuacd(Path({str(guacd_launcher)!r}), SystemClock()).run())"
    )
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    process = psutil.Process(gateway.pid)
    await until(lambda: any("guacd" in child.name() for child in process.children()))
    (own,) = process.children()
    gateway.kill()
    await gateway.wait()
    await until(lambda: not own.is_running() or own.status() == psutil.STATUS_ZOMBIE)


def test_where_it_is_found(tmp_path: Path, guacd_launcher: Path):
    clock = SystemClock()
    elsewhere = find_guacd(GuacamoleSettings(host="guacd.lab", tls=True, ca_file=Path("/ca.pem")), clock)
    assert elsewhere is not None
    assert elsewhere.address() == GuacdAddress("guacd.lab", 4822, tls=True, tls_ca_file="/ca.pem")
    assert find_guacd(GuacamoleSettings(folder=tmp_path), clock) is None
    assert find_guacd(GuacamoleSettings(host="guacd.lab", enabled=False), clock) is None
    assert isinstance(find_guacd(GuacamoleSettings(folder=guacd_launcher.parents[1]), clock), LocalGuacd)
