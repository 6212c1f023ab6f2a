"""How a viewer's stream ends, and what the browser is told."""

import asyncio
import struct
from pathlib import Path

import pytest

from beamdesk.codecs.rfb import messages
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.transports import rfb_relay
from beamdesk.gateway.transports.closing import close_text
from beamdesk.gateway.upstreams import rfb
from support.stream_world import StreamWorld
from support.synthetic_desktop import desktop_that, listening
from support.xtigervnc import Xtigervnc


def told(reason: EndReason) -> tuple[int, str]:
    return reason.websocket_close, reason.code


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def saying(words: bytes):
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await reader.read()

    return converse


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


@pytest.mark.parametrize("reason", EndReason)
def test_every_reason_fits_a_close_frame(reason: EndReason):
    text = close_text(reason).decode()
    assert text == f"{reason.code}: {reason.sentence}"
    assert len(text.encode()) <= 123
    assert reason.websocket_close in {1000, 1011, 1012} or 4000 <= reason.websocket_close < 5000


@pytest.mark.desktop
async def test_a_desktop_that_is_killed(world: StreamWorld, tmp_path: Path):
    with Xtigervnc(tmp_path, "-SecurityTypes", "None") as desktop:
        async with world.entered(Target(unix_path=str(desktop.path))) as viewer:
            desktop._process.kill()
            assert await viewer.ended() == told(EndReason.DESKTOP_ENDED)


async def test_a_desktop_that_resets_the_connection(world: StreamWorld):
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(1, 13, linger)

    async with listening(desktop_that(reset)) as target, world.entered(target) as viewer:
        await viewer.send(messages.key_event(65, down=True))
        assert await viewer.ended() == told(EndReason.DESKTOP_ENDED)


async def test_its_last_words_arrive_before_the_end(world: StreamWorld):
    async def last_words(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"w" * 300_000)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with listening(desktop_that(last_words)) as target, world.entered(target) as viewer:
        assert await viewer.read(300_000) == b"w" * 300_000
        assert await viewer.ended() == told(EndReason.DESKTOP_ENDED)


@pytest.mark.parametrize(
    "target",
    [
        Target(unix_path="/nonexistent/rfb"),
        Target(host="127.0.0.1", port=1),
        Target(host="name.invalid", port=5900),
        Target(),
    ],
    ids=["no socket", "no listener", "no name", "no address"],
)
async def test_a_desktop_that_is_not_there(world: StreamWorld, target: Target):
    async with world.viewer(target) as viewer:
        assert await viewer.ended() == told(EndReason.DESKTOP_UNREACHABLE)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (b"RFB 003.008\n\x00\x00\x00\x00\x04busy", EndReason.DESKTOP_REFUSED),
        (b"RFB 003.008\n\x01\x02", EndReason.DESKTOP_REFUSED),
        (b"RFB 003.008\n\x00\xff\xff\xff\xff", EndReason.DESKTOP_FAULT),
        (b"SSH-2.0-OpenSSH_9.2\r\n", EndReason.DESKTOP_FAULT),
        (b"RFB 003.008\n\x01\x13\x00\x02\x00\x01\x00\x00\x01\x01\x01plain text", EndReason.DESKTOP_FAULT),
    ],
    ids=["refuses", "wants a password", "endless reason", "no RFB", "no TLS"],
)  # fmt: skip
async def test_a_desktop_that_does_not_let_us_in(world: StreamWorld, words: bytes, reason: EndReason):
    async with listening(saying(words)) as target, world.viewer(target) as viewer:
        assert await viewer.ended() == told(reason)


async def test_a_desktop_that_hangs_up_at_once(world: StreamWorld):
    async with listening(hang_up) as target, world.viewer(target) as viewer:
        assert await viewer.ended() == told(EndReason.DESKTOP_UNREACHABLE)


@pytest.mark.parametrize("words", [b"", b"RFB 003.", b"RFB 003.008\n", b"RFB 003.008\n\x01\x01"])
async def test_a_desktop_that_falls_silent(world: StreamWorld, monkeypatch, words: bytes):
    monkeypatch.setattr(rfb, "STEP_SECONDS", 0.1)
    async with listening(saying(words)) as target, world.viewer(target) as viewer:
        assert await viewer.ended() == told(EndReason.DESKTOP_UNREACHABLE)


async def test_a_desktop_without_server_init(world: StreamWorld, monkeypatch):
    monkeypatch.setattr(rfb, "STEP_SECONDS", 0.1)
    words = b"RFB 003.008\n\x01\x01\x00\x00\x00\x00"
    async with listening(slowly(words)) as target, world.viewer(target) as viewer:
        await viewer.read(12)
        await viewer.send(b"RFB 003.008\n\x01\x01")
        assert await viewer.ended() == told(EndReason.DESKTOP_UNREACHABLE)


def slowly(words: bytes):
    """Waits for an answer to the version and to the choice, as desktops do."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words[:12])
        await reader.readexactly(12)
        writer.write(words[12:14])
        await reader.readexactly(1)
        writer.write(words[14:])
        await reader.read()

    return converse


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\n",
        b"RFB 003.008\n\x02",
        b"RFB 003.008\n\x01\x01\x42",
        b"RFB 003.008\n\x01\x01" + struct.pack(">BxH", 2, 0xFFFF),
        b"RFB 003.008\n\x01\x01" + struct.pack(">B3xiI", 6, -2, 0),
        b"RFB 003.008\n\x01\x01" + struct.pack(">BB", 255, 99),
    ],
    ids=["no RFB", "other security", "unknown type", "65535 encodings", "short clipboard", "unknown QEMU"],
)
@pytest.mark.parametrize("together", [True, False])
async def test_a_viewer_that_breaks_the_protocol(world: StreamWorld, words: bytes, together: bool):
    async with listening(desktop_that(idle)) as target, world.viewer(target) as viewer:
        for part in [words] if together else [bytes((byte,)) for byte in words]:
            await viewer.send(part)
        assert await viewer.ended() == told(EndReason.VIEWER_FAULT)


async def test_a_viewer_that_sends_text(world: StreamWorld):
    async with listening(desktop_that(idle)) as target, world.viewer(target) as viewer:
        await viewer.websocket.send_str("RFB 003.008\n")
        assert await viewer.ended() == told(EndReason.VIEWER_FAULT)


async def test_a_viewer_with_a_huge_message(world: StreamWorld):
    async with listening(desktop_that(idle)) as target, world.entered(target) as viewer:
        head = struct.pack("!BBQI", 0x82, 0xFF, 4 * 1024 * 1024 + 1, 0)
        viewer.websocket._response.connection.transport.write(head)
        code, _ = await viewer.ended()
        assert code == 1009
        await until(lambda: is_empty(world))


async def test_a_viewer_that_talks_before_its_turn(world: StreamWorld):
    async with listening(idle) as target, world.viewer(target) as viewer:
        for _ in range(5):
            await viewer.send(bytes(16 * 1024))
        assert await viewer.ended() == told(EndReason.VIEWER_FAULT)


async def test_a_viewer_that_says_nothing(world: StreamWorld, monkeypatch):
    monkeypatch.setattr(rfb_relay, "STEP_SECONDS", 0.1)
    async with listening(desktop_that(idle)) as target, world.viewer(target) as viewer:
        assert await viewer.ended() == told(EndReason.VIEWER_SILENT)


async def test_a_viewer_that_leaves(world: StreamWorld):
    async with listening(desktop_that(idle)) as target, world.entered(target) as viewer:
        assert await viewer.websocket.close()
        assert viewer.websocket.close_code == 1000


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda it: it.end_instance("instance-1", EndReason.DESKTOP_STOPPED), EndReason.DESKTOP_STOPPED),
        (lambda it: it.end_sign_in("sign-in-1", EndReason.ACCESS_ENDED), EndReason.ACCESS_ENDED),
    ],
    ids=["instance", "sign-in"],
)
async def test_only_those_meant_are_ended(world: StreamWorld, end, reason: EndReason):
    async with (
        listening(desktop_that(idle)) as target,
        world.entered(target) as meant,
        world.entered(target, instance="instance-2", sign_in="sign-in-2") as other,
    ):
        end(world.sessions)
        assert await meant.ended() == told(reason)
        await other.send(messages.key_event(65, down=True))
        await until(lambda: world.sessions.viewer_count == 1)


async def test_draining_tells_everybody(world: StreamWorld):
    async with (
        listening(desktop_that(idle)) as target,
        world.entered(target) as first,
        world.viewer(target) as second,
    ):
        async with asyncio.TaskGroup() as group:
            drained = group.create_task(world.sessions.drain())
            assert await first.ended() == told(EndReason.GATEWAY_STOPPING)
            assert await second.ended() == told(EndReason.GATEWAY_STOPPING)
        assert drained.done()
        assert is_empty(world)


GREETING, OFFER, RESULT = b"RFB 003.008\n", b"\x01\x01", bytes(4)
STAGES = {
    "before the greeting": ([b""], b""),
    "after the desktop's greeting": ([GREETING, b""], b""),
    "during the desktop's authentication": ([GREETING, OFFER, b""], b""),
    "before the browser's version": ([GREETING, OFFER, RESULT], b""),
    "before the browser's choice": ([GREETING, OFFER, RESULT], b"RFB 003.008\n"),
    "before ServerInit": ([GREETING, OFFER, RESULT, b""], b"RFB 003.008\n\x01\x01"),
}
"""What the desktop says, each after an answer to the one before; and what the browser says."""


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("by", ["browser", "session"])
async def test_an_end_at_any_stage_leaves_nothing(world: StreamWorld, stage: str, by: str):
    desktop, browser = STAGES[stage]
    reached = asyncio.Event()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, words in enumerate(desktop):
            if number:
                await reader.read(12)
            writer.write(words)
        reached.set()
        await reader.read()

    before = descriptors()
    tasks = len(asyncio.all_tasks())
    async with listening(converse) as target, world.viewer(target) as viewer:
        if browser:
            await viewer.send(browser)
        await reached.wait()
        if by == "session":
            world.sessions.end_instance("instance-1", EndReason.DESKTOP_STOPPED)
            assert await viewer.ended() == told(EndReason.DESKTOP_STOPPED)
    await until(lambda: descriptors() <= before and len(asyncio.all_tasks()) <= tasks)
    await until(lambda: is_empty(world))


async def test_many_viewers_leave_nothing(world: StreamWorld, tmp_path: Path):
    async with listening(desktop_that(idle), unix=tmp_path / "rfb") as target:
        async with world.entered(target):
            pass
        before = descriptors()
        tasks = len(asyncio.all_tasks())
        for _ in range(20):
            async with world.entered(target):
                pass
        await until(lambda: descriptors() <= before and len(asyncio.all_tasks()) <= tasks)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def is_empty(world: StreamWorld) -> bool:
    return world.sessions.viewer_count == 0 and not world.lane.heartbeat._watched


async def until(holds) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)
