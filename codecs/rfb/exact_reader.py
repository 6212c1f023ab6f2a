"""A conversation written as a generator that asks for bytes and gets exactly that many."""

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from beamdesk.codecs.rfb.errors import LocalProtocolError, RemoteProtocolError

__all__ = ["Buffer", "ExactReader", "Pause", "Skip", "Steps"]

Buffer: TypeAlias = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Skip:
    """Asks that so many bytes be thrown away as they come, without ever being held."""

    count: int


class Pause(Enum):
    """Asks for nothing until `resume`; the peer has to be silent meanwhile."""

    TLS = "while the TLS handshake was awaited"
    CLIENT_INIT = "while ClientInit was awaited"


Steps: TypeAlias = Generator[int | Skip | Pause, bytes, None]


class ExactReader:
    """Runs one generator of steps. Holds at most one chunk more than the generator asked for."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._held = bytearray()
        self._skip = 0
        self._wanted: int | Pause | None = 0
        self._go_on(b"", start=True)

    @property
    def held(self) -> int:
        """How many bytes are kept for a later step."""
        return len(self._held)

    @property
    def paused_for(self) -> Pause | None:
        return self._wanted if isinstance(self._wanted, Pause) else None

    @property
    def finished(self) -> bool:
        return self._wanted is None

    def feed(self, data: Buffer) -> None:
        """Run as many steps as *data* allows. After an error the reader is finished."""
        if self._wanted is None:
            raise LocalProtocolError.wrong_state("fed after the conversation had ended")
        if isinstance(self._wanted, Pause):
            if data:
                self._fail(RemoteProtocolError.unexpected_bytes(self._wanted.value))
            return
        if self._skip and not self._held:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = memoryview(data)[skipped:]
        self._held += data
        self._run()

    def resume(self, pause: Pause) -> None:
        """Go on after *pause*, which has to be the one that is awaited."""
        if self._wanted is not pause:
            raise LocalProtocolError.wrong_state(f"{pause.name} was not awaited")
        self._go_on(b"")
        self._run()

    def take_rest(self) -> bytes:
        """The bytes that arrived after the conversation's end; once."""
        if not self.finished:
            raise LocalProtocolError.wrong_state("the conversation has not ended")
        rest = bytes(self._held)
        self._held.clear()
        return rest

    def _run(self) -> None:
        while True:
            if self._skip:
                skipped = min(self._skip, len(self._held))
                del self._held[:skipped]
                self._skip -= skipped
                if self._skip:
                    return
                self._go_on(b"")
                continue
            wanted = self._wanted
            if wanted is None:
                return
            if isinstance(wanted, Pause):
                # Bytes sent before the pause ends would be taken for what comes after it, for instance
                # plain text for something that was said under TLS.
                if self._held:
                    self._fail(RemoteProtocolError.unexpected_bytes(wanted.value))
                return
            if len(self._held) < wanted:
                return
            exact = bytes(memoryview(self._held)[:wanted])
            del self._held[:wanted]
            self._go_on(exact)

    def _go_on(self, data: bytes, *, start: bool = False) -> None:
        self._wanted = None  # stays so if the generator ends or raises
        try:
            step = next(self._steps) if start else self._steps.send(data)
        except StopIteration:
            return
        match step:
            case Skip(count=count):
                self._skip, self._wanted = count, 0
            case _:
                self._wanted = step

    def _fail(self, error: RemoteProtocolError) -> None:
        self._wanted = None
        self._steps.close()
        raise error
