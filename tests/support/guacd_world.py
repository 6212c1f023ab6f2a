"""A machine of one's own guacd, keepers that run, and what a test wants to know of them."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from beamdesk.codecs.guac.client_handshake import ViewerAbilities
from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.framed import Framed
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.gateway.clock import Clock, SystemClock
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Action, Role
from beamdesk.gateway.tasks import BackgroundTasks
from beamdesk.gateway.tickets import InstanceId, Stream, Target, Ticket, UserId
from beamdesk.gateway.upstreams.guacd.address import GuacdAddress
from beamdesk.gateway.upstreams.guacd.keepers import Keepers
from beamdesk.gateway.upstreams.streams import ReadBuffer
from support.guacd import Guacd

__all__ = [
    "SMALL",
    "Listener",
    "Recorder",
    "children_of",
    "password_file",
    "running_keepers",
    "ticket_for",
    "until",
    "users_of",
]

SMALL = ViewerAbilities(640, 480)
PATIENCE = 20


class Listener:
    """A viewer of a keeper that remembers what it was told."""

    def __init__(self) -> None:
        self.reasons: list[EndReason] = []
        self.told: list[Instruction] = []

    def keeper_ended(self, reason: EndReason) -> None:
        self.reasons.append(reason)

    def owner_was_told(self, instruction: Instruction) -> None:
        self.told.append(instruction)


class Recorder:
    """A sink that keeps every instruction."""

    def __init__(self) -> None:
        self.received: list[Instruction] = []
        self.errors: list[Exception | None] = []

    def instructions(self, run: memoryview, framed: Framed, base: int) -> None:
        decoder = InstructionDecoder()
        decoder.receive(run)
        self.received += decoder
        assert not decoder.take_rest()

    def source_ended(self, error: Exception | None) -> None:
        self.errors.append(error)

    def count(self, opcode: str) -> int:
        return sum(instruction.opcode == opcode for instruction in self.received)


def ticket_for(
    target: Target,
    *,
    role: Role = Role.OWNER,
    user: str = "user-1",
    instance: str = "instance-1",
    withheld: frozenset[Action] = frozenset(),
    sign_in: str = "sign-in-1",
) -> Ticket:
    return Ticket(
        user_id=UserId(user),
        user_name="Ada",
        instance_id=InstanceId(instance),
        role=role,
        stream=Stream.GUACAMOLE,
        target=target,
        sign_in=sign_in,
        expires_at=datetime.now(UTC) + timedelta(seconds=30),
        withheld=withheld,
    )


@asynccontextmanager
async def running_keepers(
    guacd: Guacd | Callable[[], GuacdAddress], *, detached_seconds: float = 60, clock: Clock | None = None
) -> AsyncIterator[Keepers]:
    find = (lambda: GuacdAddress(guacd.host, guacd.port)) if isinstance(guacd, Guacd) else guacd
    keepers = Keepers(find, clock or SystemClock(), buffer=ReadBuffer(), detached_seconds=detached_seconds)
    tasks = BackgroundTasks()
    tasks.start("keepers", keepers.run)
    await asyncio.sleep(0)
    try:
        yield keepers
    finally:
        await tasks.stop()


async def until(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Poll what tells nobody when it changes."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.02)


def password_file(folder: Path, password: str) -> Path:
    """For Xtigervnc's option `-PasswordFile`."""
    path = folder / "password"
    done = subprocess.run(["vncpasswd", "-f"], input=password.encode(), capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path


def children_of(guacd: Guacd) -> set[int]:
    """guacd's processes, one for each connection."""
    return {child.pid for child in psutil.Process(guacd.process.pid).children()}


def users_of(guacd: Guacd) -> int:
    """Connections of this process to guacd."""
    ours = psutil.Process(os.getpid()).net_connections("tcp")
    return sum(each.status == "ESTABLISHED" and each.raddr[1] == guacd.port for each in ours if each.raddr)
