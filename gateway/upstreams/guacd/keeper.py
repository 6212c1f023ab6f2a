"""The gateway's own connection to guacd for one desktop."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from beamdesk.codecs.guac.client_handshake import ViewerAbilities
from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.errors import MalformedStream
from beamdesk.codecs.guac.framed import Framed, Noticed
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.prompts import answer
from beamdesk.codecs.guac.status import Status
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Action
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.connection import GuacdConnection, connected
from beamdesk.gateway.upstreams.guacd.endings import reason_of
from beamdesk.gateway.upstreams.guacd.files import RemoteFiles
from beamdesk.gateway.upstreams.guacd.loan import Listen, Loan
from beamdesk.gateway.upstreams.streams import ReadBuffer

__all__ = ["Keeper", "KeeperListener"]

_JOIN_NOP_SECONDS: Final = 5.0
"""guacd drops a user that is silent for fifteen seconds, however little there is to acknowledge."""

FIRST_PICTURE_SECONDS: Final = 30.0
"""For a machine to draw something once guacd has turned to it. guacd itself waits for ever for one that takes
the connection and says nothing."""

ANSWER_SECONDS: Final = 300.0
"""For a person to give what the machine asks for: long enough to look up a password."""

_PROMPT_STREAM: Final = 63
"""The stream on which prompts are answered; the ones below are for files. guacd before 1.6 has 64."""

_QUIET_ROUNDS: Final = 2
"""So long after the machine's clipboard has changed nothing is lent: guacd tells each user by itself, and who
changes from one to the other just then might hear of it from neither."""

_log = structlog.stdlib.get_logger(__name__)


class KeeperListener(Protocol):
    """A viewer of the desktop that a keeper keeps. Called in the loop, must not raise."""

    def keeper_ended(self, reason: EndReason) -> None:
        """The connection is over, for all."""
        ...

    def owner_was_told(self, instruction: Instruction) -> None:
        """What guacd says to the owner alone: `required`, `msg`, `filesystem`."""
        ...


class Keeper:
    """Owns the connection: reads and acknowledges everything at once, and lends what it reads to one viewer.

    It does what guacd lets only the owner do, and ends with the first sign that guacd, its child or the
    desktop is gone. Made and rounded by `Keepers`. *images* and *withheld* are what it was opened with.
    """

    def __init__(
        self,
        connection: GuacdConnection,
        address: GuacdAddress,
        buffer: ReadBuffer,
        *,
        images: Iterable[str],
        withheld: frozenset[Action],
    ) -> None:
        self._images = frozenset(images)
        self._withheld = withheld
        self._connection = connection
        self._address = address
        self._buffer = buffer
        self._joins: dict[GuacdConnection, float] = {}
        """Each with the moment of its last `nop`."""
        self._loan: Loan | None = None
        self._rounds_of_quiet = _QUIET_ROUNDS
        """Since the machine's clipboard has changed."""
        self._listeners: dict[KeeperListener, None] = {}
        self._ended: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()
        self._drawn = asyncio.Event()
        self._waiting: tuple[tuple[str, ...], float] | None = None
        """What for since when, as long as nothing has been drawn: parameters, or the machine itself."""
        self.required: tuple[str, ...] = connection.required
        """Parameters that guacd waits for: nothing is drawn until somebody gives them."""
        self.files = RemoteFiles(connection.stream)
        connection.relay_to(self)

    @property
    def id(self) -> str:
        """The connection's name at guacd. Who knows it and reaches guacd can join."""
        return self._connection.id

    @property
    def viewer_count(self) -> int:
        return len(self._listeners)

    @property
    def reason(self) -> EndReason | None:
        """Why it ended; None while it lives."""
        return self._ended.result() if self._ended.done() else None

    async def ended(self) -> EndReason:
        """Wait for the end."""
        return await asyncio.shield(self._ended)

    async def drawn(self) -> None:
        """Wait until there is a picture, or the end. Who joins guacd 1.3 earlier may crash it for all."""
        await self._drawn.wait()

    def end(self, reason: EndReason) -> None:
        """End it with all its viewers. The first reason counts; safe to call at any time."""
        if self._ended.done():
            return
        self._ended.set_result(reason)
        self._drawn.set()
        self.files.close()
        for listener in tuple(self._listeners):
            listener.keeper_ended(reason)

    def add(self, listener: KeeperListener) -> None:
        """One more viewer; it is told at once what it has missed."""
        self._listeners[listener] = None
        if self._ended.done():
            listener.keeper_ended(self._ended.result())

    def remove(self, listener: KeeperListener) -> None:
        self._listeners.pop(listener, None)

    @asynccontextmanager
    async def joined(
        self, abilities: ViewerAbilities, parameters: Mapping[str, str]
    ) -> AsyncIterator[GuacdConnection]:
        """One more user of the connection for the context's time; raises `UpstreamFailed`."""
        await self.drawn()
        async with connected(
            self._address, self._connection.id, abilities, parameters, buffer=self._buffer
        ) as join:
            self._joins[join] = 0.0
            try:
                yield join
            finally:
                del self._joins[join]

    def draws_in(self, images: Iterable[str]) -> bool:
        """Whether it was opened with these formats (MIME types)."""
        return self._images == frozenset(images)

    def suits(self, images: Iterable[str], withheld: frozenset[Action]) -> bool:
        """Whether a viewer with these wishes and limits could as well have been the owner."""
        return self.draws_in(images) and self._withheld == withheld

    def lend(self, listen: Listen) -> Loan | None:
        """Let one viewer hear what guacd tells the owner; None while it cannot be.

        It would see the content of files that are under way.
        """
        if self._loan is not None or self._ended.done() or self.files.expecting:
            return None
        if not self._drawn.is_set() or self._rounds_of_quiet < _QUIET_ROUNDS:
            return None
        self._loan = Loan(self._connection, listen)
        return self._loan

    def take_back(self, loan: Loan) -> None:
        """End a loan; safe to call twice."""
        if self._loan is loan:
            self._loan = None

    def send(self, instruction: Instruction) -> None:
        """Send what was judged already: a resize, the release of a key."""
        self._connection.send(instruction)

    def answer(self, name: str, value: str) -> bool:
        """Give guacd a parameter that it waits for; False where it does not wait for it."""
        if name not in self.required:
            return False
        self.required = tuple(other for other in self.required if other != name)
        self._connection.stream.send(answer({name: value}, first_stream=_PROMPT_STREAM))
        return True

    def make_round(self, now: float) -> None:
        """See who is still there. To be called about every second: a dead child of guacd's is found by it."""
        if self._connection.is_silent(now):
            _log.warning("guacd fell silent", connection=self.id)
            self.end(EndReason.RELAY_FAILED)
            return
        overdue = self._overdue(now)
        if overdue is not None:
            _log.info("a desktop was not drawn", connection=self.id, missing=self.required)
            self.end(overdue)
            return
        self._rounds_of_quiet += 1
        self._connection.nop()
        for join, last in tuple(self._joins.items()):
            if join.is_silent(now):
                join.give_up()
            elif now - last >= _JOIN_NOP_SECONDS:
                self._joins[join] = now
                join.nop()

    def instructions(self, run: memoryview, framed: Framed, base: int) -> None:
        """See `InstructionSink`."""
        if framed.last_sync is not None and (self._loan is None or not self._loan.answers_syncs):
            self._connection.send(Instruction.of("sync", framed.last_sync))
            self._drawn.set()
        for notice in framed.notices:
            self._take(notice.kind, _decoded(run[base + notice.start : base + notice.end]))
        if self.files.expecting:
            self.files.receive(bytes(run))
        if self._loan is not None:
            self._loan.listen(run, framed, base)

    def _ended_by_guacd(self, reason: EndReason, detail: str) -> None:
        _log.info("guacd ended a connection", connection=self.id, reason=reason.code, detail=detail)
        self.end(reason)

    def source_ended(self, error: Exception | None) -> None:
        """See `InstructionSink`."""
        if isinstance(error, MalformedStream):
            self._ended_by_guacd(EndReason.DESKTOP_FAULT, str(error))
        else:
            # It says `error` or `disconnect` before it closes; when it or its child was killed, nothing.
            self._ended_by_guacd(EndReason.RELAY_FAILED, str(error or "closed without a word"))

    def _take(self, kind: Noticed, instruction: Instruction) -> None:
        match kind, instruction.arguments:
            case Noticed.ERROR, (message, status, *_):
                self._ended_by_guacd(reason_of(Status.parse(status)), f"{status} {message[:200]!r}")
            case Noticed.DISCONNECT, _:
                # A failure that is quicker than guacd's own bookkeeping is not said, only this.
                drawn = self._drawn.is_set()
                self._ended_by_guacd(
                    EndReason.DESKTOP_ENDED if drawn else EndReason.DESKTOP_UNREACHABLE, "disconnect"
                )
            case Noticed.REQUIRED, names:
                self.required = names
                self._tell(instruction)
            case Noticed.MSG, _:
                self._tell(instruction)
            case Noticed.FILESYSTEM, (index, name, *_):
                self.files.appeared(index, name)
                self._tell(instruction)
            case Noticed.CLIPBOARD, _:
                self._rounds_of_quiet = 0
            case Noticed.BODY, (_, stream, *_) if not self.files.expecting:
                self.files.refuse_body(stream)
            case ((Noticed.FILE | Noticed.PIPE), (stream, *_)):
                # A program on the desktop wants to send something to the owner's browser: files are fetched.
                refusal = Instruction.of("ack", stream, "Not offered", Status.UNSUPPORTED)
                self._connection.send(refusal)
            case _:
                pass

    def _overdue(self, now: float) -> EndReason | None:
        """Why to end it, if the first picture takes too long."""
        if self._drawn.is_set():
            return None
        if self._waiting is None or self._waiting[0] != self.required:
            self._waiting = self.required, now
        waited = now - self._waiting[1]
        if self.required:
            return EndReason.DESKTOP_REFUSED if waited >= ANSWER_SECONDS else None
        return EndReason.DESKTOP_UNREACHABLE if waited >= FIRST_PICTURE_SECONDS else None

    def _tell(self, instruction: Instruction) -> None:
        for listener in tuple(self._listeners):
            listener.owner_was_told(instruction)


def _decoded(encoded: memoryview) -> Instruction:
    """One instruction, framed before."""
    decoder = InstructionDecoder()
    decoder.receive(encoded)
    instruction = decoder.next_instruction()
    if instruction is None:
        raise AssertionError(bytes(encoded))
    return instruction
