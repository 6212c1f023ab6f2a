"""Viewers on the Guacamole lane, in front of a real guacd and a real desktop."""

from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import InstanceId, Target
from support.guacamole_world import GuacamoleWorld, Viewer, open_world
from support.guacd import Guacd
from support.guacd_world import until
from support.xtigervnc import Pointer, Xtigervnc

pytestmark = [pytest.mark.desktop, pytest.mark.guacd]

SHIFT = 0xFFE1


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


async def test_a_viewer_is_given_its_tunnel_and_sees_the_desktop(lane: GuacamoleWorld, target: Target):
    async with lane.viewer(target) as viewer:
        await viewer.until_picture()
        assert viewer.tunnel
        assert Instruction("size", ("0", "320", "240")) in viewer.received
        assert viewer.all("img")


async def test_the_owners_mouse_and_keys_arrive(lane: GuacamoleWorld, desktop: Xtigervnc, target: Target):
    async with lane.viewer(target) as viewer:
        await viewer.until_picture()
        await viewer.send(Instruction.of("mouse", 11, 22, 1), Instruction.of("key", SHIFT, 1))
        await until(lambda: desktop.pointer() == Pointer(11, 22, 1) and desktop.pressed_keycodes())


async def says_so(_: GuacamoleWorld, viewer: Viewer) -> None:
    await viewer.say("disconnect")


async def vanishes(_: GuacamoleWorld, viewer: Viewer) -> None:
    viewer.websocket._response.connection.transport.abort()


async def breaks_the_protocol(_: GuacamoleWorld, viewer: Viewer) -> None:
    await viewer.websocket.send_str("nonsense")


async def loses_access(lane: GuacamoleWorld, _: Viewer) -> None:
    lane.sessions.end_sign_in("sign-in-2", EndReason.ACCESS_ENDED)


@pytest.mark.parametrize("role", [Role.OWNER, Role.USER])
@pytest.mark.parametrize("leaves", [says_so, vanishes, breaks_the_protocol, loses_access])
async def test_what_a_viewer_holds_is_released_when_it_leaves(
    lane: GuacamoleWorld, desktop: Xtigervnc, target: Target, role: Role, leaves: Callable
):
    """Whoever stays, and the machine."""
    async with lane.viewer(target, role=Role.GUEST) as staying:
        await staying.until_picture()
        async with lane.viewer(target, role=role, sign_in="sign-in-2") as leaving:
            await leaving.until_picture()
            await leaving.send(Instruction.of("mouse", 30, 40, 4), Instruction.of("key", SHIFT, 1))
            await until(lambda: desktop.pressed_keycodes() and desktop.pointer().buttons)
            await leaves(lane, leaving)
            await until(lambda: not desktop.pressed_keycodes() and not desktop.pointer().buttons)
        assert staying.close is None


async def test_pings_are_answered_before_there_is_a_picture(lane: GuacamoleWorld, target: Target):
    async with lane.viewer(target) as viewer:
        await viewer.say("", "ping", 1234567890123)
        await viewer.until(lambda v: Instruction.of("", "ping", 1234567890123) in v.received)


async def test_a_guest_looks_on_and_does_nothing(lane: GuacamoleWorld, desktop: Xtigervnc, target: Target):
    async with lane.viewer(target) as owner, lane.viewer(target, role=Role.GUEST) as guest:
        await owner.until_picture()
        await guest.until_picture()
        await owner.say("mouse", 50, 60, 0)
        await until(lambda: desktop.pointer()[:2] == (50, 60))
        await guest.send(
            Instruction.of("nop"),
            Instruction.of("mouse", 1, 2, 1),
            Instruction.of("key", SHIFT, 1),
            Instruction.of("size", 1, 1),
        )
        await guest.paste("smuggled")
        await guest.until(lambda v: any(i.arguments[2] == "771" for i in v.all("ack")))
        # Anything that got through would have come before this.
        await guest.say("", "ping", 1)
        await guest.until(lambda v: Instruction.of("", "ping", 1) in v.received)
        await owner.say("mouse", 51, 61, 0)
        await until(lambda: desktop.pointer() == Pointer(51, 61, 0))
        assert not desktop.pressed_keycodes()


async def test_leaving_is_no_error_and_stopping_says_so(lane: GuacamoleWorld, target: Target):
    async with lane.viewer(target) as leaving, lane.viewer(target) as staying:
        await leaving.until_picture()
        await leaving.say("disconnect")
        assert await leaving.until_closed() == (1000, "0")
        lane.sessions.end_instance(InstanceId("instance-1"), EndReason.DESKTOP_STOPPED)
        assert await staying.until_closed() == (1002, "523")


async def test_a_desktop_that_is_not_there(lane: GuacamoleWorld, tmp_path):
    async with lane.viewer(Target(unix_path=str(tmp_path / "nothing"))) as viewer:
        assert await viewer.until_closed() == (1011, "519")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("&width=800&height=600&dpi=96&image=image/png&image=image/webp&image=image/avif", 101),
        ("&audio=audio/L16&audio=audio/L8&timezone=Europe/Berlin&keyboard=ch(fr)", 101),
        ("&hostname=10.0.0.1", 400),
        ("&port=22", 400),
        ("&command=id", 400),
        ("&width=1", 400),
        ("&width=8193", 400),
        ("&width=-800", 400),
        ("&width=%D9%A3%D9%A3%D9%A3", 400),
        ("&width=800&width=900", 400),
        ("&timezone=../../etc/passwd", 400),
        ("&timezone=Europe/Berlin%00", 400),
        ("&image=text/html", 400),
        ("&keyboard=us,de", 400),
        ("&" + "&".join(["audio=audio/L16"] * 9), 400),
        ("&ticket=another", 401),
    ],
)
async def test_a_browser_chooses_from_a_short_list(
    lane: GuacamoleWorld, target: Target, query: str, status: int
):
    if status == 101:
        async with lane.connected(target, query) as websocket:
            assert websocket.protocol == "guacamole"
        return
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await lane.connected(target, query).__aenter__()
    assert refused.value.status == status


async def test_other_sub_protocols_are_refused(lane: GuacamoleWorld):
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(lane.url("secret"), protocols=["binary"])
        assert refused.value.status == 400
