"""The handshake towards guacd, versions 1.0 to 1.5 and what later servers accept of it.

Guacamole protocol reference, "Handshake phase". Each side's turn:

    we:   select <protocol>          or   select <$id of a running connection>
    they: args [VERSION_x_y_z] <name…>
    we:   size, audio, video, image [, timezone (1.1)] [, name (1.5)], connect [version] <a value per name>
    they: ready <$id>

`error` may come in place of each of theirs, `nop` in between, `required` before `ready` (1.3).
"""

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.errors import GuacReason, LocalProtocolError, RemoteProtocolError
from beamdesk.codecs.guac.handshake_events import (
    ArgumentsRequested,
    ClientHandshakeEvent,
    ConnectionId,
    ParametersRequired,
    ProtocolVersion,
    Ready,
    Refused,
)
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.status import Status

__all__ = ["VERSIONS", "ClientHandshake", "Step", "ViewerAbilities"]

VERSIONS: Final = (
    ProtocolVersion(1, 0, 0),
    ProtocolVersion(1, 1, 0),  # negotiation, any order of our instructions, `timezone`
    ProtocolVersion(1, 3, 0),  # `required`
    ProtocolVersion(1, 5, 0),  # `msg`, `name`
)
"""What we speak. The highest that the server knows is chosen; it answers no version but these."""

_VERSION = re.compile(r"VERSION_(\d{1,4})_(\d{1,4})_(\d{1,4})")
_CONNECTION_ID = re.compile(r"\$[\x21-\x7e]{1,128}")


class Step(StrEnum):
    """What the handshake waits for: each wait deserves a time-out of its own."""

    ARGS = "args"
    READY = "ready"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ViewerAbilities:
    """What guacd is told of whom it draws for. Sizes in pixels, formats as MIME types in order of preference.

    guacd sends WebP only while all viewers of a connection take it.
    """

    width: int
    height: int
    dpi: int = 96
    audio: tuple[str, ...] = ()
    video: tuple[str, ...] = ()
    image: tuple[str, ...] = ("image/png", "image/jpeg")
    timezone: str | None = None
    """A name of the IANA time zone database."""
    name: str | None = None
    """What guacd calls the person in `msg` and in its log."""


class ClientHandshake:
    """One handshake as a client of guacd.

    Feed `receive` with what arrived, act on its events, write `bytes_to_send()` after every call, also
    before the first. It ends with `Ready` or `Refused`; after `Ready`, `leftover` is what came behind it.
    Raises RemoteProtocolError where guacd breaks the protocol; after that the handshake is over.
    """

    def __init__(
        self,
        selected: str | ConnectionId,
        abilities: ViewerAbilities,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """*selected* is a protocol (`vnc`, `rdp`, `ssh` …) or the connection to join.

        *parameters* go by name; what guacd asks for and is not in it, is empty: guacd's default.
        """
        self._joining = selected.startswith("$")
        self._abilities = abilities
        self._parameters = dict(parameters or {})
        self._decoder = InstructionDecoder()
        self._to_send = bytearray()
        self._events: list[ClientHandshakeEvent] = []
        self._step = Step.ARGS
        self._heard = False
        self._send(Instruction("select", (selected,)))
        self._conversation = self._steps()
        next(self._conversation)

    @property
    def waiting_for(self) -> Step:
        return self._step

    @property
    def finished(self) -> bool:
        return self._step is Step.NOTHING

    def receive(self, data: bytes) -> list[ClientHandshakeEvent]:
        if self.finished:
            raise LocalProtocolError.wrong_state("receive after the handshake")
        self._heard = self._heard or bool(data)
        self._decoder.receive(data)
        try:
            while not self.finished and (instruction := self._decoder.next_instruction()) is not None:
                self._take(instruction)
        except RemoteProtocolError:
            self._step = Step.NOTHING
            raise
        taken, self._events = self._events, []
        return taken

    def receive_eof(self) -> list[ClientHandshakeEvent]:
        """The connection was closed by guacd. Raises RemoteProtocolError unless that says something.

        guacd 1.3 answers a join of a connection that does not exist by closing without a byte.
        """
        step, self._step = self._step, Step.NOTHING
        if step is Step.NOTHING:
            return []
        if self._joining and not self._heard:
            return [Refused(Status.RESOURCE_NOT_FOUND, "closed without an answer")]
        raise RemoteProtocolError(GuacReason.CLOSED_EARLY, f"guacd closed the connection before {step!r}")

    def bytes_to_send(self) -> bytes:
        """What has to be written now; each byte is handed out once."""
        taken = bytes(self._to_send)
        self._to_send.clear()
        return taken

    def leftover(self) -> bytes:
        """Bytes that came after `ready`: the beginning of the session. Handed out once."""
        return self._decoder.take_rest()

    def _send(self, instruction: Instruction) -> None:
        self._to_send += instruction.encode()

    def _take(self, instruction: Instruction) -> None:
        """What may come at any time is dealt with here; the rest is for the conversation."""
        match instruction:
            case Instruction("nop" | "log"):
                return
            case Instruction("error", (message, status, *_)):
                self._step = Step.NOTHING
                self._events.append(Refused(Status.parse(status), message))
            case Instruction("disconnect"):
                self._step = Step.NOTHING
                self._events.append(Refused(Status.UPSTREAM_ERROR, "disconnected during the handshake"))
            case _:
                self._conversation.send(instruction)

    def _steps(self) -> Generator[None, Instruction, None]:
        version = self._answer((yield))
        self._step = Step.READY
        while True:
            match (yield):
                case Instruction("required", names) if names:
                    self._events.append(ParametersRequired(names))
                case Instruction("ready", (connection_id,)) if _CONNECTION_ID.fullmatch(connection_id):
                    self._events.append(Ready(ConnectionId(connection_id), version))
                    self._step = Step.NOTHING
                case Instruction("ready"):
                    raise RemoteProtocolError.bad_arguments("ready", "no connection identifier")
                case Instruction(opcode):
                    raise RemoteProtocolError.unexpected(opcode, "instead of 'ready'")

    def _answer(self, instruction: Instruction) -> ProtocolVersion:
        """The server's `args`, answered; the version that both speak."""
        if instruction.opcode != "args":
            raise RemoteProtocolError.unexpected(instruction.opcode, "instead of 'args'")
        names = instruction.arguments
        server_version = VERSIONS[0]
        announced = _VERSION.fullmatch(names[0]) if names else None
        if announced is not None:
            server_version, names = ProtocolVersion(*map(int, announced.groups())), names[1:]
        version = max((ours for ours in VERSIONS if ours <= server_version), default=VERSIONS[0])
        self._describe_viewer(version)
        values = [self._parameters.get(name, "") for name in names]
        if announced is not None:
            values.insert(0, str(version))
        self._send(Instruction("connect", tuple(values)))
        unused = frozenset(self._parameters) - frozenset(names)
        self._events.append(ArgumentsRequested(server_version, version, names, unused))
        return version

    def _describe_viewer(self, version: ProtocolVersion) -> None:
        abilities = self._abilities
        self._send(Instruction.of("size", abilities.width, abilities.height, abilities.dpi))
        self._send(Instruction("audio", abilities.audio))
        self._send(Instruction("video", abilities.video))
        self._send(Instruction("image", abilities.image))
        if abilities.timezone is not None and version >= ProtocolVersion(1, 1, 0):
            self._send(Instruction("timezone", (abilities.timezone,)))
        if abilities.name is not None and version >= ProtocolVersion(1, 5, 0):
            self._send(Instruction("name", (abilities.name,)))
