"""What of a viewer's instructions reaches guacd, by role: shown on all that guacd is told."""

import aiohttp
import pytest

from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.roles import Action, Role
from beamdesk.gateway.tickets import Target
from support.guacamole_world import GuacamoleWorld, Viewer
from support.guacd_world import until
from support.scripted_guacd import GuacdUser, ScriptedGuacd

TARGET = Target(host="desktop.lab", port=5900, password="secret")
OTHER = Target(host="other.lab", port=5901)

SAID = {
    "nop": [Instruction("nop")],
    "mouse": [Instruction.of("mouse", 5, 6, 1)],
    "key": [Instruction.of("key", 97, 1)],
    "touch": [Instruction.of("touch", 1, 5, 6, 2, 2, 0, "0.5")],
    "size": [Instruction.of("size", 800, 600)],
    "clipboard": [
        Instruction.of("clipboard", 1, "text/plain"),
        Instruction.of("blob", 1, "c2VjcmV0"),
        Instruction.of("end", 1),
    ],
    "file": [Instruction.of("file", 2, "text/plain", "name"), Instruction.of("blob", 2, "QQ==")],
    "pipe": [Instruction.of("pipe", 3, "text/plain", "name"), Instruction.of("blob", 3, "QQ==")],
    "audio": [Instruction.of("audio", 4, "audio/L16;rate=44100,channels=2")],
    "argv": [
        Instruction.of("argv", 5, "text/plain", "hostname"),
        Instruction.of("blob", 5, "ZGVjb3k="),
        Instruction.of("end", 5),
    ],
    "get": [Instruction.of("get", 0, "/etc/passwd")],
    "put": [Instruction.of("put", 0, 6, "text/plain", "/etc/passwd"), Instruction.of("blob", 6, "QQ==")],
    "usbconnect": [Instruction.of("usbconnect", 1, 2)],
    "select": [Instruction.of("select", "vnc")],
    "connect": [Instruction.of("connect", "VERSION_1_3_0", "decoy.lab")],
    "error": [Instruction.of("error", "x", 512)],
}
DRIVES = {"mouse", "key", "touch", "clipboard", "blob", "end"}
REACHES = {
    Role.OWNER: DRIVES | {"size"},
    Role.CO_OWNER: DRIVES | {"size"},
    Role.USER: DRIVES,
    Role.GUEST: set(),
    Role.SUPPORT: set(),
    Role.ADMIN: set(),
    Role.RECORDER: set(),
}
"""What reaches guacd beside `nop`, `sync` and `ack`, which the viewing itself takes."""

HANDSHAKE = {"select", "size", "audio", "video", "image", "timezone", "name", "connect"}


def alone(said: list[Instruction]) -> list[str]:
    return [instruction.encode().decode() for instruction in said]


def third(said: list[Instruction]) -> list[str]:
    return ["3.nop;3.nop;" + "".join(alone(said)) + "3.nop;"]


def split(said: list[Instruction]) -> list[str]:
    return list("".join(alone(said)))


def after_handshake(user: GuacdUser) -> list[Instruction]:
    connected = user.received.index(user.all("connect")[0])
    return user.received[connected + 1 :]


async def heard(scripted: ScriptedGuacd, viewer: Viewer) -> set[str]:
    """The opcodes that guacd was told since the handshakes, once all that the viewer said has been judged."""
    (join,) = scripted.joined
    await viewer.say("ack", 9, "the last", 0)
    await until(lambda: Instruction.of("ack", 9, "the last", 0) in join.received)
    (keeper,) = scripted.owners
    return {i.opcode for user in (keeper, join) for i in after_handshake(user)}


def test_every_role_has_its_row():
    assert REACHES.keys() == set(Role)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("spoken", [alone, third, split])
async def test_guacd_is_told_what_the_role_allows(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd, role, spoken
):
    async with scripted_lane.viewer(TARGET, role=role) as viewer:
        await viewer.until_picture()
        for said in SAID.values():
            for message in spoken(said):
                await viewer.websocket.send_str(message)
        assert await heard(scripted, viewer) == REACHES[role] | {"nop", "sync", "ack"}
        assert viewer.close is None


async def test_sizes_are_told_by_the_gateways_own_connection(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd
):
    """guacd's VNC client takes them from nobody else."""
    async with scripted_lane.viewer(TARGET) as viewer:
        await viewer.until_picture()
        await viewer.send(*SAID["size"])
        (owner,), (join,) = scripted.owners, scripted.joined
        await until(lambda: SAID["size"][0] in owner.received)
        await heard(scripted, viewer)
        assert SAID["size"][0] not in join.received


@pytest.mark.parametrize(
    ("withheld", "missing"),
    [
        (Action.CLIPBOARD_TO_DESKTOP, {"clipboard", "blob", "end"}),
        (Action.INPUT, {"mouse", "key", "touch"}),
        (Action.RESIZE, {"size"}),
        (Action.CLIPBOARD_FROM_DESKTOP, set()),
    ],
)
async def test_the_plan_takes_rights_from_everybody(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd, withheld: Action, missing: set[str]
):
    async with scripted_lane.viewer(TARGET, withheld=frozenset({withheld})) as viewer:
        await viewer.until_picture()
        for said in SAID.values():
            await viewer.send(*said)
        assert await heard(scripted, viewer) == (REACHES[Role.OWNER] - missing) | {"nop", "sync", "ack"}


@pytest.mark.parametrize("role", Role)
async def test_guacd_itself_ignores_who_may_not_act(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd, role: Role
):
    async with scripted_lane.viewer(TARGET, role=role) as viewer:
        await viewer.until_picture()
        assert scripted.joined[0].parameters["read-only"] == ("" if REACHES[role] else "true")


@pytest.mark.parametrize(
    "name", ["hostname", "port", "command", "connect", "argv", "GUAC_HOSTNAME", "id", "c"]
)
async def test_a_query_names_no_machine(scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd, name: str):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await scripted_lane.connected(TARGET, f"&{name}=decoy.lab").__aenter__()
    assert refused.value.status == 400
    assert not scripted.users


async def test_what_a_browser_chooses_is_all_that_guacd_hears_of_it(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd
):
    query = "&width=800&height=600&timezone=Europe/Berlin&image=image/png&audio=audio/L16&keyboard=de"
    async with scripted_lane.viewer(TARGET, query) as viewer:
        await viewer.until_picture()
        (owner,) = scripted.owners
        assert owner.selected == "vnc"
        given = owner.parameters
        assert (given["hostname"], given["port"], given["password"]) == ("desktop.lab", "5900", "secret")
        assert owner.all("size") == [Instruction.of("size", 800, 600, 96)]
        for user in scripted.users:
            before = user.received[: user.received.index(user.all("connect")[0]) + 1]
            assert {instruction.opcode for instruction in before} == HANDSHAKE - {"name"}


async def test_a_ticket_opens_its_own_desktop_and_no_other(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd
):
    """Connections have names at guacd, and there is no way for a browser to say one."""
    async with scripted_lane.viewer(OTHER, instance="b") as others:
        await others.until_picture()
        (other,) = scripted.owners
        for query in (f"&{name}={other.connection_id}" for name in ("id", "connection", "select", "join")):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await scripted_lane.connected(TARGET, query, instance="a").__aenter__()
        async with scripted_lane.viewer(TARGET, instance="a", role=Role.GUEST) as guest:
            await guest.say("select", other.connection_id)
            await guest.until_picture()
            await guest.say("select", other.connection_id)
            await guest.say("", other.connection_id)
            await guest.say("ack", 1, "the last", 0)
            await until(lambda: any(user.all("ack") for user in scripted.joined))
            selected = [user.selected for user in scripted.users]
            assert selected == ["vnc", other.connection_id, "vnc", scripted.owners[1].connection_id]
            assert [user.parameters["hostname"] for user in scripted.owners] == ["other.lab", "desktop.lab"]
            assert not any(user.all("select")[1:] for user in scripted.users)


async def test_a_flood_of_what_is_not_allowed_costs_guacd_nothing(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd
):
    async with scripted_lane.viewer(TARGET, role=Role.GUEST) as guest, scripted_lane.viewer(TARGET) as owner:
        await guest.until_picture()
        await owner.until_picture()
        flood = "3.key,2.97,1.1;" * 4_000
        for _ in range(10):
            await guest.websocket.send_str(flood)
        await guest.say("", "ping", 1)
        await owner.say("key", 98, 1)
        await until(lambda: any(user.all("key") for user in scripted.joined))
        await guest.until(lambda viewer: Instruction.of("", "ping", 1) in viewer.received)
        keys = [instruction for user in scripted.users for instruction in user.all("key")]
        assert keys == [Instruction.of("key", 98, 1)]


async def test_more_keys_than_a_keyboard_has_end_the_viewer_and_are_all_released(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd
):
    async with scripted_lane.viewer(TARGET) as viewer:
        await viewer.until_picture()
        for keysym in range(1000, 1200):
            await viewer.say("key", keysym, 1)
        assert (await viewer.until_closed())[1] == "768"
    (join,) = scripted.joined
    pressed = [i.arguments[0] for i in join.all("key") if i.arguments[1] == "1"]
    released = [i.arguments[0] for i in join.all("key") if i.arguments[1] == "0"]
    assert len(pressed) == 128
    assert released == pressed[::-1]


@pytest.mark.parametrize(
    ("ticket", "hears"),
    [
        ({}, True),
        ({"role": Role.GUEST}, False),
        ({"withheld": frozenset({Action.FILES_TO_DESKTOP})}, True),
        ({"withheld": frozenset({Action.FILES_TO_DESKTOP, Action.FILES_FROM_DESKTOP})}, False),
    ],
)
async def test_who_may_move_files_hears_when_a_machine_shows_some(
    scripted_lane: GuacamoleWorld, scripted: ScriptedGuacd, ticket: dict[str, object], hears: bool
):
    async with scripted_lane.viewer(TARGET, **ticket) as viewer:
        await viewer.until_picture()
        appeared = Instruction.of("filesystem", 0, "Drive")
        scripted.owners[0].write(appeared, Instruction.of("sync", 2))
        scripted.joined[0].write(Instruction.of("sync", 2))
        await until(lambda: any(it.arguments == ("2",) for it in scripted.owners[0].all("sync")))
        await viewer.until(lambda v: len(v.all("sync")) > 1)
        assert (appeared in viewer.received) == hears
