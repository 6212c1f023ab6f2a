"""The gateway's own connection to a real guacd, in front of a real desktop."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import InstanceId, Target
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.keepers import Keepers
from support.guacd import Guacd
from support.guacd_world import (
    SMALL,
    Listener,
    Recorder,
    children_of,
    password_file,
    running_keepers,
    ticket_for,
    until,
)
from support.xtigervnc import Xtigervnc

pytestmark = [pytest.mark.desktop, pytest.mark.guacd]

SHIFT = 0xFFE1


async def test_a_join_sees_the_desktop_behind_a_password_on_a_unix_socket(tmp_path: Path, keepers: Keepers):
    options = "-SecurityTypes", "VncAuth", "-PasswordFile", str(password_file(tmp_path, "secret12"))
    with Xtigervnc(tmp_path, *options) as desktop:
        target = Target(unix_path=str(desktop.path), password="secret12")
        async with keepers.held(ticket_for(target), Listener(), SMALL) as keeper:
            recorder = Recorder()
            async with keeper.joined(SMALL, {}) as join:
                join.relay_to(recorder)
                await until(lambda: recorder.count("sync"))
        assert Instruction("size", ("0", "320", "240")) in recorder.received
        assert not recorder.errors


async def test_a_wrong_password_is_a_refusal(tmp_path: Path, keepers: Keepers):
    options = "-SecurityTypes", "VncAuth", "-PasswordFile", str(password_file(tmp_path, "secret12"))
    with Xtigervnc(tmp_path, *options) as desktop:
        listener = Listener()
        target = Target(unix_path=str(desktop.path), password="secret13")
        async with keepers.held(ticket_for(target), listener, SMALL) as keeper:
            reason = await keeper.ended()
        assert reason in {EndReason.DESKTOP_REFUSED, EndReason.DESKTOP_UNREACHABLE}, reason
        assert listener.reasons == [reason]


async def test_a_desktop_that_is_not_there_is_unreachable(tmp_path: Path, keepers: Keepers):
    target = Target(unix_path=str(tmp_path / "nothing"))
    async with keepers.held(ticket_for(target), Listener(), SMALL) as keeper:
        assert await keeper.ended() is EndReason.DESKTOP_UNREACHABLE


async def test_two_at_once_share_one_connection(target: Target, keepers: Keepers):
    async def hold() -> object:
        async with keepers.held(ticket_for(target), Listener(), SMALL) as keeper:
            await both.wait()
            return keeper

    both = asyncio.Barrier(2)
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(hold()), group.create_task(hold())
    assert first.result() is second.result()


async def test_it_outlives_a_reload_and_not_a_longer_absence(target: Target, guacd: Guacd):
    async with running_keepers(guacd, detached_seconds=1) as keepers:
        async with keepers.held(ticket_for(target), Listener(), SMALL) as first:
            pass
        async with keepers.held(ticket_for(target), Listener(), SMALL) as second:
            assert second is first
        assert await first.ended() is EndReason.LEFT
        async with keepers.held(ticket_for(target), Listener(), SMALL) as third:
            assert third.id != first.id


async def test_a_killed_child_of_guacd_ends_all_viewers_and_the_next_one_starts_anew(
    target: Target, guacd: Guacd, keepers: Keepers
):
    before = children_of(guacd)
    one, other = Listener(), Listener()
    async with (
        keepers.held(ticket_for(target), one, SMALL) as keeper,
        keepers.held(ticket_for(target), other, SMALL),
    ):
        (child,) = children_of(guacd) - before
        os.kill(child, signal.SIGKILL)
        assert await keeper.ended() is EndReason.RELAY_FAILED
        assert one.reasons == other.reasons == [EndReason.RELAY_FAILED]
    async with keepers.held(ticket_for(target), Listener(), SMALL) as again:
        assert again.reason is None
        assert again.id != keeper.id


async def test_an_instance_that_ends_takes_its_connection_with_it(target: Target, keepers: Keepers):
    listener = Listener()
    async with keepers.held(ticket_for(target, instance="a"), listener, SMALL) as keeper:
        keepers.end_instance(InstanceId("b"), EndReason.DESKTOP_STOPPED)
        assert keeper.reason is None
        keepers.end_instance(InstanceId("a"), EndReason.DESKTOP_STOPPED)
        assert listener.reasons == [EndReason.DESKTOP_STOPPED]


async def test_an_instance_that_ends_during_the_start_refuses_who_waits(target: Target, keepers: Keepers):
    async def hold() -> EndReason:
        with pytest.raises(UpstreamFailed) as caught:
            await keepers.held(ticket_for(target), Listener(), SMALL).__aenter__()
        return caught.value.reason

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(hold())
        await asyncio.sleep(0)
        assert len(keepers)
        keepers.end_instance(InstanceId("instance-1"), EndReason.DESKTOP_STOPPED)
    assert waiting.result() is EndReason.DESKTOP_STOPPED
    assert not len(keepers)


async def test_the_desktops_own_end_is_said_as_such(tmp_path: Path, keepers: Keepers):
    with Xtigervnc(tmp_path, "-SecurityTypes", "None") as desktop:
        ticket = ticket_for(Target(unix_path=str(desktop.path)))
        async with keepers.held(ticket, Listener(), SMALL) as keeper, keeper.joined(SMALL, {}) as join:
            join.relay_to(recorder := Recorder())
            await until(lambda: recorder.count("sync"))
            desktop.kill()
            assert await keeper.ended() is EndReason.DESKTOP_ENDED


async def test_it_is_the_owner_that_sends(target: Target, desktop: Xtigervnc, keepers: Keepers):
    async with keepers.held(ticket_for(target), Listener(), SMALL) as keeper:
        async with keeper.joined(SMALL, {}) as join:  # what was drawn shows that guacd is connected
            join.relay_to(recorder := Recorder())
            await until(lambda: recorder.count("sync"))
        keeper.send(Instruction.of("key", SHIFT, 1))
        await until(desktop.pressed_keycodes)
        keeper.send(Instruction.of("key", SHIFT, 0))
        await until(lambda: not desktop.pressed_keycodes())


async def test_stopping_closes_all_connections(target: Target, guacd: Guacd):
    before = children_of(guacd)
    async with (
        running_keepers(guacd) as keepers,
        keepers.held(ticket_for(target), Listener(), SMALL) as keeper,
    ):
        assert keeper.reason is None
    assert keeper.reason is EndReason.GATEWAY_STOPPING
    await until(lambda: children_of(guacd) <= before)
