"""Asks machines whether they answer, not oftener than needed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from beamdesk.brokers.errors import BrokerError
from beamdesk.brokers.fixed.probe import Silent, ask
from beamdesk.brokers.fixed.settings import FixedSettings, MachineSettings
from beamdesk.brokers.protocol import Endpoint

__all__ = ["Watch"]

_AT_ONCE = 64
"""Machines that are asked at the same time; a pool can be large and all of it be switched off."""
_SILENCE_HOLDS_SECONDS = 0.2
"""Many who wait for the same machine share an answer, and nobody waits much longer for it than he must."""


@dataclass(frozen=True, slots=True)
class _Answer:
    at: float
    silent: Silent | None


class Watch:
    """What each machine said last. *ways_into* gives its endpoints, or raises BrokerError."""

    def __init__(
        self, settings: FixedSettings, ways_into: Callable[[MachineSettings], Awaitable[list[Endpoint]]]
    ) -> None:
        self._settings = settings
        self._ways_into = ways_into
        self._answers: dict[str, _Answer] = {}
        self._asking = {machine.name: asyncio.Lock() for machine in settings.machines}
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def silence_of(self, machine: MachineSettings) -> Silent | None:
        """None where all its endpoints answer, or did so within `look_seconds`."""
        async with self._asking[machine.name], self._at_once:
            known = self._answers.get(machine.name)
            if known is None or not self._holds(known):
                known = self._answers[machine.name] = _Answer(monotonic(), await self._ask(machine))
            return known.silent

    async def answering(self, machines: Iterable[MachineSettings]) -> list[str]:
        """Names of those that answer."""
        asked = list(machines)
        silences = await asyncio.gather(*map(self.silence_of, asked))
        return [machine.name for machine, silent in zip(asked, silences, strict=True) if silent is None]

    def forget(self, name: str) -> None:
        """Have the machine asked anew."""
        self._answers.pop(name, None)

    def _holds(self, answer: _Answer) -> bool:
        longest = self._settings.look_seconds if answer.silent is None else _SILENCE_HOLDS_SECONDS
        return monotonic() - answer.at < longest

    async def _ask(self, machine: MachineSettings) -> Silent | None:
        try:
            endpoints = await self._ways_into(machine)
        except BrokerError as error:
            return Silent(f"{error.sentence} {error.detail}")
        for endpoint in endpoints:
            silent = await ask(endpoint, self._settings.answer_seconds)
            if silent is not None:
                return silent
        return None
