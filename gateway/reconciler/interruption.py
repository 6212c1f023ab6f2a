"""Waiting for a back end so that a newer intent can cut it short."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.gateway.reconciler.journal import Overtaken

__all__ = ["Interruption"]


class Interruption:
    """Belongs to one operation. Only waits inside `waiting` are cut short, never the storing of a step."""

    def __init__(self) -> None:
        self._interrupted = False
        self._scope: asyncio.Timeout | None = None

    def interrupt(self) -> None:
        """End the present wait, or the next one, with `Overtaken`."""
        self._interrupted = True
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def waiting(self, seconds: float | None) -> AsyncIterator[None]:
        """A block that ends with `Overtaken` on `interrupt`, with the broker's TIMEOUT after *seconds*."""
        if self._interrupted:
            raise Overtaken
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                self._scope = scope
                yield
        except TimeoutError as error:
            if not scope.expired():
                raise
            if self._interrupted:
                raise Overtaken from None
            raise BrokerError(
                BrokerReason.TIMEOUT, "The back end took too long.", detail=f"over {seconds} s"
            ) from error
        finally:
            self._scope = None
