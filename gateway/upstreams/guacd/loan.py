"""A keeper's connection in the hands of one viewer."""

from collections.abc import Callable
from typing import Final, TypeAlias

from beamdesk.codecs.guac.framed import Framed
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.upstreams.guacd.connection import GuacdConnection

__all__ = ["FIRST_OWN_STREAM", "Listen", "Loan"]

FIRST_OWN_STREAM: Final = 32
"""Streams towards guacd from here on are the gateway's own: viewers have the ones below. guacd before 1.6 has
64 for each of its users."""

Listen: TypeAlias = Callable[[memoryview, Framed, int], None]
"""See `InstructionSink.instructions`."""

_ON_STREAMS: Final = {"clipboard", "blob", "end"}


class Loan:
    """The viewer sees all that guacd tells the keeper, and may speak in its place. Made by `Keeper.lend`."""

    def __init__(self, connection: GuacdConnection, listen: Listen) -> None:
        self.listen = listen
        self.answers_syncs = False
        """Whether the viewer does; as long as it does not, the keeper acknowledges at once."""
        self._stream = connection.stream

    def send(self, instruction: Instruction) -> None:
        """Send what was judged before, unless it is on a stream of the gateway's own."""
        if instruction.opcode in _ON_STREAMS and int(instruction.arguments[0]) >= FIRST_OWN_STREAM:
            return
        self._stream.send(instruction.encode())

    @property
    def is_held_up(self) -> bool:
        """See `GuacdConnection`."""
        return self._stream.is_held_up

    async def drain(self) -> None:
        """Wait until guacd has taken what was sent."""
        await self._stream.drain()
