"""A look at what passes between a transport and its protocol."""

import asyncio
from collections.abc import Callable

__all__ = ["Tap"]


class Tap(asyncio.Protocol):
    """Stands before another protocol, hands everything on to it, and tells that it passed."""

    def __init__(
        self,
        inner: asyncio.BaseProtocol,
        on_full: Callable[[], None],
        on_room: Callable[[], None],
        on_heard: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        if not isinstance(inner, asyncio.Protocol):
            raise TypeError(inner)
        self._inner = inner
        self._on_full = on_full
        self._on_room = on_room
        self._on_heard = on_heard
        self._on_lost = on_lost

    def silence(self) -> None:
        """Tell no more; what passes is still handed on."""
        self._on_full = self._on_room = self._on_heard = self._on_lost = _nothing

    def data_received(self, data: bytes) -> None:
        self._on_heard()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()
        self._on_full()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
        self._on_room()

    def connection_lost(self, error: Exception | None) -> None:
        self._on_lost()
        self._inner.connection_lost(error)


def _nothing() -> None:
    pass
