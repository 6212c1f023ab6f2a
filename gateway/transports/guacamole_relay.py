"""One viewer of the Guacamole lane: between its WebSocket and its join of the desktop's connection."""

import asyncio
import uuid
from typing import Final

import structlog
from aiohttp import WebSocketError, WSMsgType, web

from beamdesk.codecs.guac.bad_instructions import BadInstructions
from beamdesk.codecs.guac.client_handshake import ViewerAbilities
from beamdesk.codecs.guac.client_instructions import ClientInstructions, Dropped, Passed, TunnelMessage
from beamdesk.codecs.guac.errors import RemoteProtocolError
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.opcodes import TUNNEL, InstructionKind
from beamdesk.codecs.guac.status import Status
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Action
from beamdesk.gateway.sessions.viewer import Viewer
from beamdesk.gateway.tickets import Ticket
from beamdesk.gateway.transports.closing import close
from beamdesk.gateway.transports.frames import Frames, Path
from beamdesk.gateway.transports.guacamole_outbox import Outbox
from beamdesk.gateway.transports.guacamole_pace import Allowance
from beamdesk.gateway.transports.guacamole_picture import Picture
from beamdesk.gateway.transports.guacamole_prompts import Answers
from beamdesk.gateway.transports.guacamole_query import Wishes
from beamdesk.gateway.transports.guacamole_rights import policy_for
from beamdesk.gateway.transports.heartbeat import Heartbeat
from beamdesk.gateway.transports.metrics import count_end, count_viewer
from beamdesk.gateway.transports.websocket import LaneWebSocket
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.keeper import Keeper
from beamdesk.gateway.upstreams.guacd.keepers import Keepers

__all__ = ["GuacamoleRelay"]

_OWN_AUDIO: Final = ("audio/L16", "audio/L8")
"""What every browser with guacamole-common-js plays; guacd asks the owner, and that is the gateway."""

_NEEDED_TO_HEAR: Final = {"filesystem": (Action.FILES_TO_DESKTOP, Action.FILES_FROM_DESKTOP)}
"""Who hears what guacd tells the owner, if it is not about prompts. Of files a browser learns here only that
there are some: machines may show them long after their picture."""

_LONGEST_PING: Final = 32
"""Characters of a ping that are sent back; it is a time in milliseconds."""

_log = structlog.stdlib.get_logger(__name__)


class GuacamoleRelay:
    """Runs once. Whatever ends it becomes the viewer's `EndReason`, and the close code and status."""

    def __init__(
        self,
        request: web.Request,
        websocket: LaneWebSocket,
        *,
        viewer: Viewer,
        ticket: Ticket,
        wishes: Wishes,
        images: tuple[str, ...],
        keepers: Keepers,
        path: Path,
        heartbeat: Heartbeat,
        clock: Clock,
    ) -> None:
        self.tunnel_id = str(uuid.uuid4())
        """Known to this browser alone: it stands for the viewer where files are moved."""
        self.keeper: Keeper | None = None
        """The desktop's connection, once it is there."""
        self._websocket = websocket
        self._viewer = viewer
        self._ticket = ticket
        self._wishes = wishes
        self._images = images
        self._keepers = keepers
        self._heartbeat = heartbeat
        self._clock = clock
        self._liveness = heartbeat.new_liveness()
        self._outbox = Outbox(clock.monotonic)
        self._frames = Frames(
            request,
            path,
            on_full=self._outbox.on_full,
            on_room=self._outbox.on_room,
            on_heard=self._liveness.heard,
            text=True,
        )
        self._outbox.open(self._frames)
        self._from_browser = ClientInstructions(policy_for(ticket.permits))
        # guacd throws out who acknowledges what it never sent.
        self._from_browser.latest_sync = -1
        self._bad = BadInstructions()
        self._answers = Answers()
        self._allowance = Allowance(clock.monotonic())
        self._picture: Picture | None = None

    @property
    def is_open(self) -> bool:
        """See `Tunnel`."""
        return self._viewer.reason is None

    def permits(self, action: Action) -> bool:
        """See `Tunnel`."""
        return self._ticket.permits(action)

    async def run(self) -> None:
        role = self._viewer.summary.role
        _log.info("viewer came", role=role, user=self._viewer.summary.user_id)
        reason = EndReason.GATEWAY_STOPPING  # if the server cancels us
        self._outbox.send(Instruction.of(TUNNEL, self.tunnel_id).encode())
        try:
            watching = self._heartbeat.watching(self._viewer, self._outbox, self._liveness)
            with watching, count_viewer("guacamole"):
                async with asyncio.TaskGroup() as group:
                    tasks = (
                        group.create_task(self._show(), name="guacamole picture"),
                        group.create_task(self._listen(), name="guacamole viewer"),
                    )
                    reason = await self._viewer.ended()
                    for task in tasks:
                        task.cancel()
        finally:
            _log.info("viewer left", reason=reason.code, bytes=self._frames.written)
            count_end("guacamole", reason, self._frames.written)
            status = Status(reason.guacamole_status)
            self._outbox.drop()
            await close(
                self._websocket, self._frames, code=status.websocket_close, text=status.close_reason.encode()
            )

    @property
    def is_held_up(self) -> bool:
        """See `Listener`."""
        picture = self._picture
        return self._allowance.is_used_up or (picture is not None and picture.is_held_up)

    async def drain(self) -> None:
        """See `Listener`."""
        while self._allowance.is_used_up and (seconds := self._allowance.renew(self._clock.monotonic())):
            await self._clock.sleep(seconds)
        if self._picture is not None:
            await self._picture.drain()

    def hear(self, data: str) -> None:
        """See `Listener`. From the first moment on: the browser expects its pings to be answered."""
        try:
            if (instruction := self._from_browser.usual(data)) is None:
                self._hear_instructions(data)
                return
            self._allowance.use(1)
            if (picture := self._picture) is not None:
                if instruction.opcode == "sync":
                    picture.acknowledge(instruction)
                else:
                    picture.send(instruction)
        except RemoteProtocolError as error:
            _log.info("viewer broke the protocol", reason=error.reason, detail=error.detail)
            self._viewer.end(EndReason.VIEWER_FAULT)
        except Exception:  # noqa: BLE001  (one viewer's failure ends that viewer only)
            _log.exception("viewer failed")
            self._viewer.end(EndReason.GATEWAY_FAULT)

    def _hear_instructions(self, data: str) -> None:
        if not self.is_open:
            return
        events = self._from_browser.receive(data)
        self._allowance.use(max(1, len(events)))
        for event in events:
            match event:
                case Passed(instruction, kind):
                    self._pass_on(instruction, kind)
                case TunnelMessage(arguments):
                    self._answer_tunnel(arguments)
                case Dropped():
                    self._note_dropped(event)

    def keeper_ended(self, reason: EndReason) -> None:
        """See `KeeperListener`."""
        self._viewer.end(reason)

    def owner_was_told(self, instruction: Instruction) -> None:
        """See `KeeperListener`."""
        needed = _NEEDED_TO_HEAR.get(instruction.opcode, (Action.ANSWER_PROMPTS,))
        if any(map(self._ticket.permits, needed)):
            self._outbox.send(instruction.encode())

    async def _show(self) -> None:
        """From the desktop's connection to the viewer's end, which it always brings about."""
        try:
            async with self._keepers.held(
                self._ticket, self, self._owner_abilities(), self._keyboard()
            ) as keeper:
                self.keeper = keeper
                if keeper.required:
                    self.owner_was_told(Instruction("required", keeper.required))
                self._picture = Picture(
                    keeper,
                    self._outbox,
                    self._ticket,
                    self._own_abilities(),
                    clock=self._clock,
                    browser=self._from_browser,
                )
                await self._picture.run()
        except UpstreamFailed as failure:
            _log.info("desktop failed", reason=failure.reason.code, detail=failure.detail)
            self._viewer.end(failure.reason)
        except Exception:  # noqa: BLE001  (one viewer's failure ends that viewer only)
            _log.exception("viewer failed")
            self._viewer.end(EndReason.GATEWAY_FAULT)

    async def _listen(self) -> None:
        """Until nothing more can come from the browser."""
        message = await self._websocket.listen(self)
        is_fault = message.type is WSMsgType.BINARY or isinstance(message.data, WebSocketError)
        self._viewer.end(EndReason.VIEWER_FAULT if is_fault else EndReason.LEFT)

    def _pass_on(self, instruction: Instruction, kind: InstructionKind) -> None:
        picture = self._picture
        match instruction.opcode:
            case "sync" if picture is not None:
                picture.acknowledge(instruction)
            case "disconnect":
                self._viewer.end(EndReason.LEFT)
            case _ if kind is InstructionKind.ARGV:
                self._answer_prompt(instruction)
            case "size" if self.keeper is not None:
                self.keeper.send(instruction)
            case _ if picture is not None:
                picture.send(instruction)

    def _answer_prompt(self, instruction: Instruction) -> None:
        stream = instruction.arguments[0]
        answer = self._answers.receive(instruction)
        wanted = answer is None or (self.keeper is not None and self.keeper.answer(answer.name, answer.value))
        if instruction.opcode != "end" and not self._outbox.is_full:
            self._outbox.send(Instruction.of("ack", stream, "OK", Status.SUCCESS).encode())
        if not wanted:
            _log.info("viewer gave a parameter that nobody asked for", viewer=self._viewer.summary.id)

    def _answer_tunnel(self, arguments: tuple[str, ...]) -> None:
        match arguments:
            case "ping", milliseconds if len(milliseconds) <= _LONGEST_PING:
                # One that has no room is better lost than late: it measures the link.
                if not self._outbox.is_full:
                    self._outbox.send(Instruction.of(TUNNEL, "ping", milliseconds).encode())
            case _:
                self._count_bad()

    def _note_dropped(self, event: Dropped) -> None:
        if event.answer is not None and not self._outbox.is_full:
            self._outbox.send(event.answer.encode())
        if event.reason.is_bad:
            _log.debug("instruction dropped", opcode=event.opcode[:32], reason=event.reason)
            self._count_bad()

    def _count_bad(self) -> None:
        if self._bad.count(self._clock.monotonic()):
            self._viewer.end(EndReason.VIEWER_FAULT)

    def _owner_abilities(self) -> ViewerAbilities:
        """What the gateway's own connection is to begin with, if this viewer is the first."""
        wishes, target = self._wishes, self._ticket.target
        chosen = self._ticket.permits(Action.RESIZE)
        return ViewerAbilities(
            width=(wishes.width if chosen else None) or target.width,
            height=(wishes.height if chosen else None) or target.height,
            dpi=wishes.dpi if chosen else 96,
            audio=_OWN_AUDIO,
            # guacd draws in what all of its users know, and this is one of them.
            image=self._images_wished(),
            timezone=wishes.timezone if chosen else None,
            name="Beamdesk",
        )

    def _own_abilities(self) -> ViewerAbilities:
        wishes, target = self._wishes, self._ticket.target
        return ViewerAbilities(
            width=wishes.width or target.width,
            height=wishes.height or target.height,
            dpi=wishes.dpi,
            audio=wishes.audio,
            image=self._images_wished(),
            timezone=wishes.timezone,
            name=self._viewer.summary.user_name,
        )

    def _images_wished(self) -> tuple[str, ...]:
        # Every browser draws PNG, and guacd cannot do without it.
        return tuple(image for image in self._images if image in {*self._wishes.images, "image/png"})

    def _keyboard(self) -> str | None:
        return self._wishes.keyboard if self._ticket.permits(Action.RESIZE) else None
