"""What guacd and a viewer say arrives whole, wherever a network cuts it."""

import base64

import aiohttp
import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.guacamole_world import GuacamoleWorld, Viewer
from support.scripted_guacd import ScriptedGuacd

TEXT = "Füße 日本語 😀𝄞"
MACHINE = Target(host="desktop.lab", port=5900)


@pytest.mark.parametrize(
    "said",
    [
        Instruction.of("name", TEXT),
        Instruction.of("msg", 1, "user-1", TEXT),
        Instruction.of("log", "😀"),
        Instruction.of("clipboard", 1, "text/plain"),
    ],
    ids=lambda said: said.opcode,
)
async def test_guacds_characters_arrive_whole_wherever_segments_cut_them(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd, said: Instruction
):
    encoded = said.encode()
    async with scripted_lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        # What is meant for the owner comes by the gateway's own connection.
        (user,) = scripted.owners if said.opcode == "msg" else scripted.joined
        for cut in range(1, len(encoded)):
            # When the viewer has the first one, all of its segment has been read.
            first, then = Instruction.of("nop"), Instruction.of("sync", 1000 + cut)
            marker = Instruction.of("msg", "cut", cut) if said.opcode == "msg" else then
            user.write_bytes(first.encode() + marker.encode() + encoded[:cut])
            await viewer.until(lambda v, wanted=marker: wanted in v.received)
            user.write_bytes(encoded[cut:])
            await viewer.until(lambda v, wanted=cut: len(only(v, said)) == wanted)
    assert len(only(viewer, said)) == len(encoded) - 1


def only(viewer: Viewer, said: Instruction) -> list[Instruction]:
    return [instruction for instruction in viewer.received if instruction == said]


@pytest.mark.parametrize("place", range(1, 8))
async def test_a_viewers_characters_arrive_whole_wherever_fragments_cut_them(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd, place: int
):
    """RFC 6455, section 5.4: a message's fragments may cut a character; the message is one of whole ones."""
    said = Instruction.of("ack", 1, TEXT, 0)
    encoded = said.encode()
    cut = encoded.index("😀".encode()) - 1 + place
    async with scripted_lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        send_fragments(viewer.websocket, encoded[:cut], encoded[cut:])
        (join,) = scripted.joined
        assert await join.hear("ack") == said


async def test_a_viewers_instruction_may_come_in_several_messages(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd
):
    said = Instruction.of("ack", 1, TEXT, 0)
    async with scripted_lane.viewer(MACHINE) as viewer:
        await viewer.until_picture()
        for letter in said.encode().decode():
            await viewer.websocket.send_str(letter)
        (join,) = scripted.joined
        assert await join.hear("ack") == said


async def test_lengths_in_other_units_than_characters_are_refused(scripted_lane: GuacamoleWorld):
    """As a browser would count that takes UTF-16 for text."""
    async with scripted_lane.viewer(MACHINE) as viewer:
        await viewer.websocket.send_str("3.ack,1.1,2.😀,1.0;")
        assert await viewer.until_closed() == (1002, "768")


def send_fragments(websocket: aiohttp.ClientWebSocketResponse, first: bytes, rest: bytes) -> None:
    """A text message in two frames, with a key that masks nothing."""
    for head, payload in ((0x01, first), (0x80, rest)):
        assert len(payload) < 126
        frame = bytes([head, 0x80 | len(payload)]) + bytes(4) + payload
        websocket._writer.transport.write(frame)


async def test_sound_reaches_every_viewer(scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd):
    """Also who only looks on hears."""
    sound = [
        Instruction.of("audio", 3, "audio/L16;rate=44100,channels=2"),
        Instruction.of("blob", 3, base64.b64encode(bytes(range(256)) * 20).decode()),
        Instruction.of("end", 3),
    ]
    query = "&audio=audio/L16"
    async with (
        scripted_lane.viewer(MACHINE, query) as owner,
        scripted_lane.viewer(MACHINE, query, role=Role.GUEST) as guest,
    ):
        for viewer in (owner, guest):
            await viewer.until_picture()
        for user in scripted.joined:
            user.write(*sound)
        for viewer in (owner, guest):
            await viewer.until(lambda v: v.received[-3:] == sound)
        assert all(user.all("audio") == [Instruction.of("audio", "audio/L16")] for user in scripted.joined)
