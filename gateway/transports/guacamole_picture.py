"""From guacd to one browser: by a join, made again whenever it falls behind, or by its keeper's stream."""

import asyncio
from typing import Final

import structlog

from beamdesk.codecs.guac.client_handshake import ViewerAbilities
from beamdesk.codecs.guac.client_instructions import ClientInstructions
from beamdesk.codecs.guac.errors import MalformedStream
from beamdesk.codecs.guac.framed import Framed, Noticed
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Action
from beamdesk.gateway.tickets import Ticket
from beamdesk.gateway.transports.guacamole_borrowing import Borrowing
from beamdesk.gateway.transports.guacamole_feed import Feed, Meanwhile
from beamdesk.gateway.transports.guacamole_handover import Piece
from beamdesk.gateway.transports.guacamole_outbox import Outbox
from beamdesk.gateway.transports.guacamole_pace import Acknowledgements, RejoinPace
from beamdesk.gateway.transports.guacamole_rights import withheld_from
from beamdesk.gateway.transports.guacamole_withheld import WithheldStreams
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.connection import GuacdConnection
from beamdesk.gateway.upstreams.guacd.keeper import Keeper
from beamdesk.gateway.upstreams.guacd.loan import Loan
from beamdesk.gateway.upstreams.guacd.parameters import viewer_parameters

__all__ = ["CLEAN_SLATE", "Picture"]

LEAVE_SECONDS: Final = 1.0
"""For guacd to take a viewer's last words, the release of held keys among them."""

VERDICT_SECONDS: Final = 2.0
"""When guacd ends a viewer's join, its keeper knows within this whether all is over or this join only."""

CLEAN_SLATE: Final = b"".join(Instruction.of("dispose", layer).encode() for layer in range(1, 64))
"""What a browser is sent before a new join. guacd describes everything that there is now: sizes, buffers, the
cursor and a full picture of each layer, so only layers that have gone since would stay. Images that were cut
off are left as they are: guacamole-common-js draws none before its `end`, forgets it at the next one of the
same number, and would never draw anything again after the `end` of half an image."""

_DISCONNECT: Final = Instruction("disconnect")
"""guacd does not tell its child that a user's connection was closed; it would wait for fifteen seconds."""

_log = structlog.stdlib.get_logger(__name__)


class Picture:
    """What guacd draws, for one viewer. guacd is always read at once, whatever the browser does.

    It begins as a join. As soon as nobody else has it, a viewer who may act is shown the keeper's stream
    instead: guacd then has one user less to write to, and the gateway one stream less to read. `run` goes on
    until it is cancelled.
    """

    def __init__(
        self,
        keeper: Keeper,
        outbox: Outbox,
        ticket: Ticket,
        abilities: ViewerAbilities,
        *,
        clock: Clock,
        browser: ClientInstructions,
    ) -> None:
        """*browser* is what the viewer says, and knows what guacd has to hear before it leaves."""
        self._keeper = keeper
        self._outbox = outbox
        self._abilities = abilities
        self._parameters = viewer_parameters(may_act=ticket.permits(Action.INPUT), withheld=ticket.withheld)
        self._withheld = withheld_from(ticket.permits, plays_sound=bool(abilities.audio))
        self._streams = WithheldStreams(self._withheld)
        self._clock = clock
        self._browser = browser
        self._pace = RejoinPace()
        self._syncs = Acknowledgements()
        self._feed: Feed | None = None
        self._parted = asyncio.Event()
        """There is no picture any more."""
        self._join_done = asyncio.Event()
        """The join is over, or not needed any more."""
        self._fell_behind = False
        # Who may only look on has a user of its own at guacd, which ignores its input.
        self._may_borrow = ticket.permits(Action.INPUT) and keeper.suits(abilities.image, ticket.withheld)
        self._borrowing = Borrowing(
            keeper, clock, browser, self._withheld, show=self._show, taken=self._do_without_join
        )

    async def run(self) -> None:
        """Raises `UpstreamFailed` where guacd does not let the viewer join."""
        while True:
            self._parted.clear()
            self._join_done.clear()
            self._fell_behind = False
            self._streams = WithheldStreams(self._withheld)
            try:
                await self._stay()
            except UpstreamFailed:
                await self._verdict()
                raise
            if not self._fell_behind:
                await self._verdict()
            await self._prepare_to_rejoin()

    def send(self, instruction: Instruction) -> None:
        """Pass on what the viewer may say; what it says while it has no picture is lost."""
        if self._feed is None:
            return
        if instruction.opcode == "ack" and self._streams.holds(instruction.arguments[0]):
            return  # of a stream that it does not know
        self._feed.send(instruction)

    @property
    def is_held_up(self) -> bool:
        """Whether guacd has not taken everything yet that was sent."""
        return self._feed is not None and self._feed.is_held_up

    async def drain(self) -> None:
        """Wait until guacd has taken what was sent."""
        if self._feed is not None:
            await self._feed.drain()

    def acknowledge(self, sync: Instruction) -> None:
        """The browser has drawn everything up to a `sync`."""
        arrived = self._syncs.arrived(int(sync.arguments[0]), self._clock.monotonic())
        if arrived and self._feed is not None:
            self._feed.send(sync)

    def instructions(self, run: memoryview, framed: Framed, base: int) -> None:
        """See `InstructionSink`. It is what the join is told."""
        if self._join_done.is_set():
            return
        for notice in framed.notices:
            if notice.kind in {Noticed.ERROR, Noticed.DISCONNECT}:
                # The browser learns it from the close code, with a reason of ours; guacamole-common-js
                # would close by itself and never see that.
                self._borrowing.give_up()
                self._outbox.send(run[: base + notice.start])
                self._part("guacd said goodbye")
                return
        streams = self._streams
        allowed = streams.without(run, framed) if framed.notices or streams.under_way else run
        if self._borrowing.is_handing_over:
            self._borrowing.join_said(Piece(allowed, framed.last_sync), framed)
            return
        self._show(allowed, framed.last_sync)
        if self._may_borrow and framed.last_sync is not None and not self._outbox.is_behind:
            self._borrowing.consider(streams.under_way)

    def source_ended(self, error: Exception | None) -> None:
        """See `InstructionSink`."""
        if isinstance(error, MalformedStream):
            # Seen of guacd 1.3 on joining a busy desktop: what it draws for everybody falls into what it
            # draws for the newcomer. The next join begins with the whole picture.
            _log.warning("guacd sent what cannot be understood", detail=str(error))
        if not self._join_done.is_set():
            self._part(str(error or "guacd closed the join"))

    async def _stay(self) -> None:
        """One join, from its beginning to the end of what took its place."""
        try:
            async with self._keeper.joined(self._abilities, self._parameters) as join:
                try:
                    self._feed = join
                    self._borrowing.joined()
                    join.relay_to(self)
                    await self._join_done.wait()
                finally:
                    await self._leave(join)
            if isinstance(self._feed, Meanwhile) and (loan := self._borrowing.loan) is not None:
                self._feed.pour_into(loan)
                self._feed = loan
            await self._parted.wait()
        finally:
            self._lose_feed()
            if (loan := self._borrowing.loan) is not None:
                for word in self._browser.release():
                    loan.send(word)
                self._stop_answering(loan)
            self._borrowing.end()

    def _show(self, data: bytes | memoryview, last_sync: int | None) -> None:
        """Send whole instructions to the browser; *last_sync* is the timestamp of their last `sync`.

        The way of nearly every byte: each step counts.
        """
        if self._feed is None:
            return
        if data:
            self._outbox.send(data)
        behind = self._outbox.is_behind
        if last_sync is not None:
            now = self._clock.monotonic()
            self._syncs.passed_on(last_sync, now)
            self._browser.latest_sync = last_sync
            if behind or self._keeper.viewer_count > 1:
                self._answer_in_its_stead(now, behind=behind)
        if behind and self._outbox.is_full:
            self._fell_behind = True
            self._part("the browser does not keep up")

    def _answer_in_its_stead(self, now: float, *, behind: bool) -> None:
        overdue = self._syncs.in_its_stead(now, behind=behind, has_company=self._keeper.viewer_count > 1)
        if overdue is not None:
            self.send(Instruction.of("sync", overdue))

    def _do_without_join(self) -> None:
        """The keeper's stream has taken its place; the keeper has answered what was shown so far."""
        self._streams = self._borrowing.streams
        self._feed = Meanwhile()
        self._syncs.forget()
        self._join_done.set()

    def _part(self, detail: str) -> None:
        if self._parted.is_set():
            return
        _log.info("picture over", detail=detail)
        self._lose_feed()
        if (loan := self._borrowing.loan) is None:
            self._borrowing.end()
        else:
            self._stop_answering(loan)
        self._parted.set()
        self._join_done.set()

    def _stop_answering(self, loan: Loan) -> None:
        """Let the keeper do it again, so that guacd does not wait."""
        latest = self._syncs.latest
        if loan.answers_syncs and self._syncs.is_waited_for and latest is not None:
            loan.send(Instruction.of("sync", latest))
        loan.answers_syncs = False

    def _lose_feed(self) -> None:
        if isinstance(self._feed, Meanwhile):
            self._feed.end()
        self._feed = None

    async def _leave(self, join: GuacdConnection) -> None:
        """In order, on the same connection: what was pressed there is released after it was pressed."""
        words: list[Instruction] = []
        if not isinstance(self._feed, Meanwhile):  # else the viewer stays
            self._feed = None
            words = self._browser.release()
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await join.stream.finish(b"".join(word.encode() for word in (*words, _DISCONNECT)))
        except TimeoutError:
            _log.info("guacd did not take the release of held keys")
            for word in words:
                self._keeper.send(word)

    async def _prepare_to_rejoin(self) -> None:
        """Wait until the browser has taken what it was sent, and for its turn."""
        self._outbox.drop()
        self._syncs.forget()
        pause = self._pace.pause(self._clock.monotonic())
        if pause is None:
            raise UpstreamFailed(EndReason.VIEWER_TOO_SLOW, "it fell behind too often")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._clock.sleep(pause))
            group.create_task(self._outbox.empty())
        _log.info("joining again", after_seconds=pause)
        self._outbox.send(CLEAN_SLATE)

    async def _verdict(self) -> None:
        """After guacd ended the join; raises `UpstreamFailed` if with it the whole connection is over."""
        try:
            async with asyncio.timeout(VERDICT_SECONDS):
                reason = await self._keeper.ended()
        except TimeoutError:
            return
        raise UpstreamFailed(reason, "the connection is over")
