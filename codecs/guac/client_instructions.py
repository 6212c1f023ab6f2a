"""What a viewer sends on its way to guacd: parsed, judged, passed on or dropped."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from beamdesk.codecs.guac.arguments import ARGUMENTS
from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.held_input import HeldInput
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.opcodes import IGNORED_FROM_VIEWER, TO_SERVER, TUNNEL, InstructionKind
from beamdesk.codecs.guac.status import Status
from beamdesk.codecs.guac.viewer_policy import DropReason, ViewerPolicy

__all__ = ["ClientInstructions", "Dropped", "Passed", "TunnelMessage", "ViewerEvent"]

_USUAL: Final = re.compile(
    r"4\.sync,(1?[0-9])\.([0-9]{1,18});"
    r"|5\.mouse,([1-5])\.([0-9]{1,5}),([1-5])\.([0-9]{1,5}),([12])\.([0-9]{1,2});"
)
"""What nearly all is that browsers say: lengths and values are its groups."""

_SYNC_GROUPS: Final = 2


@dataclass(frozen=True, slots=True)
class Passed:
    """The viewer may do that: send `instruction.encode()` to guacd, or do what it asks in its stead.

    It is written anew from what was read, so guacd sees exactly what was judged.
    """

    instruction: Instruction
    kind: InstructionKind
    """Of `blob` and `end`: the kind of their stream."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The instruction goes nowhere. `answer`, where there is one, tells the browser so."""

    opcode: str
    reason: DropReason
    answer: Instruction | None = None


@dataclass(frozen=True, slots=True)
class TunnelMessage:
    """Meant for the tunnel, not for guacd: `("ping", "<ms>")` wants the same back."""

    arguments: tuple[str, ...]


ViewerEvent: TypeAlias = Passed | Dropped | TunnelMessage


class ClientInstructions:
    """The one way from a viewer to guacd.

    What cannot be framed ends the conversation with RemoteProtocolError, together with all that came in the
    same call. All else that is wrong or not allowed is dropped, and said.
    """

    def __init__(self, policy: ViewerPolicy) -> None:
        self._policy = policy
        self._decoder = InstructionDecoder()
        self._held_input = HeldInput()
        self._streams: dict[int, InstructionKind | None] = {}
        """Open streams by index; `None`: the viewer believes it open, guacd never heard of it."""
        self._dropped: Counter[tuple[str, DropReason]] = Counter()
        self._is_between = True
        """Whether nothing has come of the next instruction."""
        self.latest_sync: int | None = None
        """The last timestamp that was sent to the viewer: guacd throws out who acknowledges a later one."""

    @property
    def dropped(self) -> Mapping[tuple[str, DropReason], int]:
        """How many instructions were dropped, by opcode (`?` for unknown ones) and reason."""
        return self._dropped

    @property
    def is_writing(self) -> bool:
        """Whether the viewer has a stream open that guacd knows."""
        return any(kind is not None for kind in self._streams.values())

    def usual(self, data: str) -> Instruction | None:
        """The instruction, if *data* is one `sync` or `mouse` and nothing else, and may pass as it is.

        It is judged as by `receive`, in fewer steps. For all other data, which is None, ask that.
        """
        found = _USUAL.fullmatch(data)
        if found is None or not self._is_between:
            return None
        if found.lastindex != _SYNC_GROUPS:
            return self._usual_mouse(found.group(3, 5, 7), found.group(4, 6, 8))
        length, timestamp = found.group(1, 2)
        if int(length) != len(timestamp) or InstructionKind.ACKNOWLEDGE not in self._policy.allowed:
            return None
        if self.latest_sync is not None and int(timestamp) > self.latest_sync:
            return None
        return Instruction("sync", (timestamp,))

    def receive(self, data: bytes | str) -> list[ViewerEvent]:
        """What *data*, and what was unfinished before, hold: one event per instruction."""
        self._is_between = False
        events = []
        for instruction in self._decoder.decode(data):
            event = self._judge(instruction)
            if isinstance(event, Dropped):
                known = event.opcode if event.opcode in TO_SERVER else "?"
                self._dropped[known, event.reason] += 1
            events.append(event)
        self._is_between = self._decoder.is_between
        return events

    def change_policy(self, policy: ViewerPolicy) -> list[Instruction]:
        """Judge by *policy* from now on. What is returned has to be sent to guacd.

        It releases what the viewer may no longer press and ends the streams it may no longer write.
        """
        self._policy = policy
        told: list[Instruction] = []
        if InstructionKind.INPUT not in policy.allowed:
            told += self._held_input.release()
        for index, kind in self._streams.items():
            if kind is not None and kind not in policy.allowed:
                told.append(Instruction.of("end", index))
                self._streams[index] = None
        return told

    def release(self) -> list[Instruction]:
        """What releases every key, button and touch, and ends every stream: for when the viewer leaves."""
        told = self._held_input.release()
        told += [Instruction.of("end", index) for index, kind in self._streams.items() if kind is not None]
        self._streams.clear()
        return told

    def _usual_mouse(self, lengths: tuple[str, ...], arguments: tuple[str, ...]) -> Instruction | None:
        if InstructionKind.INPUT not in self._policy.allowed:
            return None
        for length, text, check in zip(lengths, arguments, ARGUMENTS["mouse"], strict=False):
            if int(length) != len(text) or not check(text):
                return None
        instruction = Instruction("mouse", arguments)
        return instruction if self._held_input.passes(instruction) else None

    def _judge(self, instruction: Instruction) -> ViewerEvent:
        opcode, arguments = instruction.opcode, instruction.arguments
        if opcode == TUNNEL:
            return TunnelMessage(arguments)
        known = TO_SERVER.get(opcode)
        if known is None or known.kind is None:
            ignored = opcode in IGNORED_FROM_VIEWER
            return Dropped(opcode, DropReason.NOT_ALLOWED if ignored else DropReason.UNKNOWN_OPCODE)
        most = len(arguments) if known.most is None else known.most
        if not known.fewest <= len(arguments) <= most:
            return Dropped(opcode, DropReason.BAD_ARGUMENTS)
        for check, text in zip(ARGUMENTS[opcode], arguments, strict=False):
            if not check(text):
                return Dropped(opcode, DropReason.BAD_ARGUMENTS)
        if known.kind is InstructionKind.STREAM:
            return self._judge_stream(instruction)
        if known.stream is not None:
            return self._judge_opening(instruction, int(arguments[known.stream]), known.kind)
        if known.kind not in self._policy.allowed:
            return Dropped(opcode, DropReason.NOT_ALLOWED)
        return self._judge_rest(instruction, known.kind)

    def _judge_opening(self, instruction: Instruction, stream: int, kind: InstructionKind) -> ViewerEvent:
        # An index that is open already begins anew: guacamole-common-js reuses it after an error,
        # without an `end`, and guacd ends the earlier stream by itself.
        if kind in self._policy.allowed:
            self._streams[stream] = kind
            return Passed(instruction, kind)
        self._streams[stream] = None
        refusal = Instruction.of("ack", stream, "Not allowed", Status.CLIENT_FORBIDDEN)
        return Dropped(instruction.opcode, DropReason.NOT_ALLOWED, refusal)

    def _judge_stream(self, instruction: Instruction) -> ViewerEvent:
        opcode, stream = instruction.opcode, int(instruction.arguments[0])
        if stream not in self._streams:
            return Dropped(opcode, DropReason.NO_SUCH_STREAM)
        kind = self._streams[stream]
        if opcode == "end":
            del self._streams[stream]
        if kind is None:
            return Dropped(opcode, DropReason.NOT_ALLOWED)
        return Passed(instruction, kind)

    def _judge_rest(self, instruction: Instruction, kind: InstructionKind) -> ViewerEvent:
        opcode, arguments = instruction.opcode, instruction.arguments
        match opcode:
            case "size" if not all(
                self._policy.smallest_side <= int(side) <= self._policy.largest_side for side in arguments
            ):
                return Dropped(opcode, DropReason.BAD_ARGUMENTS)
            case "sync" if self.latest_sync is not None and int(arguments[0]) > self.latest_sync:
                return Dropped(opcode, DropReason.BAD_ARGUMENTS)
            case "mouse":
                x, y, mask, *times = arguments
                if times or x[0] == "-" or y[0] == "-":
                    # guacd hands negative coordinates on in sixteen bits: the far side of the desktop.
                    instruction = Instruction.of("mouse", max(int(x), 0), max(int(y), 0), mask)
        if kind is InstructionKind.INPUT and not self._held_input.passes(instruction):
            return Dropped(opcode, DropReason.TOO_MANY)
        return Passed(instruction, kind)
