"""A viewer's tries to do without a join: to be shown what its keeper is told anyway."""

from collections.abc import Callable, Iterable
from typing import Final

import structlog

from beamdesk.codecs.guac.client_instructions import ClientInstructions
from beamdesk.codecs.guac.framed import Framed, Noticed
from beamdesk.gateway.clock import Clock, Timer
from beamdesk.gateway.transports.guacamole_handover import Handover, Outcome, Piece, Side
from beamdesk.gateway.transports.guacamole_rights import OWNERS
from beamdesk.gateway.transports.guacamole_withheld import WithheldStreams
from beamdesk.gateway.upstreams.guacd.keeper import Keeper
from beamdesk.gateway.upstreams.guacd.loan import Loan

__all__ = ["Borrowing"]

SETTLED_SECONDS: Final = 0.5
"""Between a join, or a try that failed, and the next try."""

HANDOVER_SECONDS: Final = 0.5
"""The longest that a picture may be held back until join and keeper have been told the same."""

_log = structlog.stdlib.get_logger(__name__)


class Borrowing:
    """Borrows the keeper's stream where nobody else has it, and goes over to it behind a common `sync`.

    *show* is called with what the viewer is to see next, *taken* when its join is not needed any more.
    """

    def __init__(
        self,
        keeper: Keeper,
        clock: Clock,
        browser: ClientInstructions,
        withheld: frozenset[Noticed],
        *,
        show: Callable[[bytes | memoryview, int | None], None],
        taken: Callable[[], None],
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._browser = browser
        self._withheld = withheld | OWNERS
        self._show = show
        self._taken = taken
        self._next_try = 0.0
        self._loan: Loan | None = None
        self._handover: Handover | None = None
        self._deadline: Timer | None = None
        self.streams = WithheldStreams(self._withheld)
        """What is left out of the keeper's stream."""

    @property
    def is_handing_over(self) -> bool:
        return self._handover is not None

    @property
    def loan(self) -> Loan | None:
        """The keeper's connection, once it took the place of the join."""
        return self._loan if self._handover is None else None

    def joined(self) -> None:
        """There is a new join."""
        self._next_try = self._clock.monotonic() + SETTLED_SECONDS

    def consider(self, left_out: Iterable[str]) -> None:
        """Try, if it is time to: to be called behind a `sync`.

        *left_out* are the streams that are left out of the join: sound is on the same one for all users.
        """
        now = self._clock.monotonic()
        if now < self._next_try or self._loan is not None:
            return
        self._next_try = now + SETTLED_SECONDS
        self._loan = self._keeper.lend(self._hear_keeper)
        if self._loan is not None:
            self.streams = WithheldStreams(self._withheld, left_out)
            self._handover = Handover()
            self._deadline = self._clock.call_later(HANDOVER_SECONDS, self.give_up)

    def join_said(self, piece: Piece, framed: Framed) -> None:
        """Something came by the join, during the handover."""
        if self._handover is not None and self._is_calm(framed):
            self._go_on(self._handover, Side.JOIN, piece)
        else:
            self.give_up()
            self._show(*piece)

    def give_up(self) -> None:
        """End the handover if there is one: the viewer stays with its join."""
        if self._handover is not None:
            held = self._handover.give_up()
            self.end()
            self._show(*held)

    def end(self) -> None:
        """Give back what is borrowed, without another word; safe to call twice."""
        self._end_handover()
        if self._loan is not None:
            self._keeper.take_back(self._loan)
            self._loan = None

    def _hear_keeper(self, run: memoryview, framed: Framed, base: int) -> None:  # noqa: ARG002  (see `Listen`)
        streams = self.streams
        allowed = streams.without(run, framed) if framed.notices or streams.under_way else run
        if self._handover is None:
            self._show(allowed, framed.last_sync)
        elif self._is_calm(framed):
            self._go_on(self._handover, Side.KEEPER, Piece(allowed, framed.last_sync))
        else:
            self.give_up()

    def _is_calm(self, framed: Framed) -> bool:
        """Whether no clipboard is under way, in either direction: half of one is worse than a join."""
        told = any(notice.kind is Noticed.CLIPBOARD for notice in framed.notices)
        return not told and not self._browser.is_writing

    def _go_on(self, handover: Handover, side: Side, piece: Piece) -> None:
        shown = handover.said(side, piece)
        if handover.outcome is Outcome.MISSED:
            self.end()
        self._show(*shown)
        if handover.outcome is Outcome.DONE and self._loan is not None:
            _log.debug("the viewer is shown what the keeper is told")
            self._end_handover()
            self._loan.answers_syncs = True
            self._taken()

    def _end_handover(self) -> None:
        self._handover = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
