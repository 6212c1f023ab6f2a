"""The keepers of all desktops of this gateway."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import structlog

from beamdesk.codecs.guac.client_handshake import ViewerAbilities
from beamdesk.gateway.clock import Clock, Timer
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.tickets import InstanceId, Ticket, UserId
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.connection import connected
from beamdesk.gateway.upstreams.guacd.keeper import Keeper, KeeperListener
from beamdesk.gateway.upstreams.guacd.parameters import PROTOCOLS, owner_parameters
from beamdesk.gateway.upstreams.streams import ReadBuffer

__all__ = ["Keepers"]

ROUND_SECONDS: Final = 0.75
"""How often guacd is sent a `nop`: it tells of a dead child only to those who speak, and within a second
viewers should know."""

LEAVING_SECONDS: Final = 1.5
"""For the streams that a person has open to end, when they open another one that wants other images."""

_REOPENED: Final = frozenset({"vnc", "rdp"})
"""What guacd may connect to anew at any time: the machine keeps the desktop. A shell would be lost."""

_Key: TypeAlias = tuple[InstanceId, str, str | None, str | None, int | None]

_log = structlog.stdlib.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Kept:
    """One desktop's keeper, from the wish for it to its end."""

    started: asyncio.Future[Keeper | UpstreamFailed]
    holders: list[UserId] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a holder goes."""
    farewell: Timer | None = None
    task: asyncio.Task[None] | None = None

    @property
    def keeper(self) -> Keeper | None:
        result = self.started.result() if self.started.done() else None
        return result if isinstance(result, Keeper) else None


class Keepers:
    """One keeper for each desktop that has viewers, or had some a moment ago.

    *find_guacd* tells where guacd is now, or raises `UpstreamFailed`. A keeper lives on for
    *detached_seconds* after its last viewer, so that a browser that is reloaded finds its session again.
    `run` has to run as long as anybody calls `held`.
    """

    def __init__(
        self,
        find_guacd: Callable[[], GuacdAddress],
        clock: Clock,
        *,
        buffer: ReadBuffer,
        detached_seconds: float,
    ) -> None:
        self._find_guacd = find_guacd
        self._clock = clock
        self._buffer = buffer
        self._detached_seconds = detached_seconds
        self._kept: dict[_Key, _Kept] = {}
        self._group: asyncio.TaskGroup | None = None

    def __len__(self) -> int:
        return len(self._kept)

    async def run(self) -> None:
        """Own all connections, and look after them in rounds, until cancelled; then all are closed."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                while True:
                    await self._clock.sleep(ROUND_SECONDS)
                    self._make_round()
        finally:
            self._group = None
            for kept in self._kept.values():
                # A task that was cancelled before its first step did not say so itself.
                self._give_up(kept, EndReason.GATEWAY_STOPPING)
            self._kept.clear()

    @asynccontextmanager
    async def held(
        self,
        ticket: Ticket,
        listener: KeeperListener,
        abilities: ViewerAbilities,
        keyboard: str | None = None,
    ) -> AsyncIterator[Keeper]:
        """The keeper of the ticket's desktop, for the context's time; raises `UpstreamFailed`.

        Of two who come at once, both get the same. *abilities* and *keyboard* count for the first one only;
        but guacd is connected to anew where that loses nothing and nobody else looks, for other images.
        """
        key = _key(ticket)
        await self._make_way(key, ticket, abilities)
        kept = self._kept.get(key)
        # One that has ended may be letting go of its connection still.
        if kept is None or (kept.keeper is not None and kept.keeper.reason is not None):
            kept = self._start(key, ticket, abilities, keyboard)
        kept.holders.append(ticket.user_id)
        if kept.farewell is not None:
            kept.farewell.cancel()
            kept.farewell = None
        try:
            keeper = await asyncio.shield(kept.started)
            if isinstance(keeper, UpstreamFailed):
                raise UpstreamFailed(keeper.reason, keeper.detail)
            keeper.add(listener)
            try:
                yield keeper
            finally:
                keeper.remove(listener)
        finally:
            kept.holders.remove(ticket.user_id)
            kept.left.set()
            self._say_farewell(kept)

    def end_instance(self, instance_id: InstanceId, reason: EndReason) -> None:
        """End the instance's connections: it was stopped, deleted, or has failed."""
        for key, kept in tuple(self._kept.items()):
            if key[0] != instance_id:
                continue
            if kept.keeper is None and kept.task is not None:
                del self._kept[key]
                kept.task.cancel()
            self._give_up(kept, reason)

    async def _make_way(self, key: _Key, ticket: Ticket, abilities: ViewerAbilities) -> None:
        """End a keeper that was opened with other images, once nobody holds it.

        guacd asks for them only when a connection begins. Who has chosen anew is still leaving as a rule.
        """
        kept = self._kept.get(key)
        if kept is None or PROTOCOLS[ticket.target.protocol] not in _REOPENED:
            return
        try:
            async with asyncio.timeout(LEAVING_SECONDS):
                while kept.keeper is not None and not kept.keeper.draws_in(abilities.image):
                    if not kept.holders:
                        kept.keeper.end(EndReason.LEFT)
                        return
                    if any(holder != ticket.user_id for holder in kept.holders):
                        return
                    kept.left.clear()
                    await kept.left.wait()
        except TimeoutError:
            _log.info("a desktop is looked at in other images", instance=ticket.instance_id)

    def _start(self, key: _Key, ticket: Ticket, abilities: ViewerAbilities, keyboard: str | None) -> _Kept:
        if self._group is None:
            raise UpstreamFailed(EndReason.GATEWAY_STOPPING, "keepers are not running")
        kept = self._kept[key] = _Kept(asyncio.get_running_loop().create_future())
        kept.task = self._group.create_task(
            self._keep(key, kept, ticket, abilities, keyboard), name=f"keeper of {ticket.instance_id}"
        )
        return kept

    async def _keep(
        self, key: _Key, kept: _Kept, ticket: Ticket, abilities: ViewerAbilities, keyboard: str | None
    ) -> None:
        with structlog.contextvars.bound_contextvars(instance=ticket.instance_id):
            try:
                await self._connect(kept, ticket, abilities, keyboard)
            except UpstreamFailed as failure:
                _log.info("desktop failed", reason=failure.reason.code, detail=failure.detail)
                kept.started.set_result(failure)
            except Exception:  # noqa: BLE001  (one desktop's failure must not end the others)
                _log.exception("keeper failed")
                self._give_up(kept, EndReason.GATEWAY_FAULT)
            finally:
                if self._kept.get(key) is kept:
                    del self._kept[key]
                if kept.farewell is not None:
                    kept.farewell.cancel()
                self._give_up(kept, EndReason.GATEWAY_STOPPING)

    async def _connect(
        self, kept: _Kept, ticket: Ticket, abilities: ViewerAbilities, keyboard: str | None
    ) -> None:
        parameters = owner_parameters(ticket.target, ticket.withheld, keyboard)
        address, protocol = self._find_guacd(), PROTOCOLS[ticket.target.protocol]
        _log.info("connecting by guacd", guacd=str(address), protocol=protocol, parameters=sorted(parameters))
        async with connected(address, protocol, abilities, parameters, buffer=self._buffer) as connection:
            keeper = Keeper(
                connection, address, self._buffer, images=abilities.image, withheld=ticket.withheld
            )
            kept.started.set_result(keeper)
            _log.info("connected by guacd", connection=keeper.id, version=str(connection.version))
            self._say_farewell(kept)
            reason = await keeper.ended()
            _log.info("connection by guacd over", connection=keeper.id, reason=reason.code)

    def _say_farewell(self, kept: _Kept) -> None:
        """Nobody may be left: then the connection ends in a while."""
        keeper = kept.keeper
        if keeper is None or kept.holders or keeper.reason is not None or kept.farewell is not None:
            return
        kept.farewell = self._clock.call_later(self._detached_seconds, lambda: keeper.end(EndReason.LEFT))

    def _give_up(self, kept: _Kept, reason: EndReason) -> None:
        """Whoever waits or watches is told; nothing happens to one that has ended."""
        if not kept.started.done():
            kept.started.set_result(UpstreamFailed(reason, "ended while it was started"))
        elif kept.keeper is not None:
            kept.keeper.end(reason)

    def _make_round(self) -> None:
        now = self._clock.monotonic()
        for kept in tuple(self._kept.values()):
            if kept.keeper is not None:
                kept.keeper.make_round(now)


def _key(ticket: Ticket) -> _Key:
    target = ticket.target
    return ticket.instance_id, target.protocol, target.unix_path, target.host, target.port
