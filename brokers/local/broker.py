"""The broker protocol over the machines of this computer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local import lifecycle, log_pages, requirements
from beamdesk.brokers.local.faults import as_broker_error
from beamdesk.brokers.local.folders import MachineFolders
from beamdesk.brokers.local.machine import Machine, is_name
from beamdesk.brokers.local.plans import KEYBOARD_PATTERN
from beamdesk.brokers.local.settings import LocalSettings
from beamdesk.brokers.protocol import (
    Endpoint,
    HealthItem,
    LogPage,
    MachinePhase,
    MachineRef,
    MachineSpec,
    MachineState,
    Offer,
    OperationKey,
    Snapshot,
)
from beamdesk.brokers.protocol import Machine as ListedMachine

__all__ = ["LocalBroker"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_THREADS = 4
"""For files and processes; removing a big home folder keeps one of them busy for a while."""
_LOOK_SECONDS = 0.02
_LONGEST_SECONDS = 45.0
"""For a desktop to come up or to end; its supervisor gives up before."""
_SMALLEST_SIDE, _LARGEST_SIDE = 64, 8192
_IMAGE = "desktop"
_DETAIL_LINES = 30


class LocalBroker:
    """Starts desktops on this computer. A machine's ref is its instance id."""

    settings_model = LocalSettings

    def __init__(self, name: str, deployment: str, settings: LocalSettings) -> None:
        self.name = name
        self._settings = settings
        self._folders = MachineFolders(settings.folder, settings.runtime_folder, deployment)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"broker-{name}")

    async def check(self) -> list[HealthItem]:
        return await self._in_thread(requirements.look, self._settings, self._folders)

    async def offers(self) -> list[Offer]:
        taken = await self._in_thread(lifecycle.capacity_taken, self._folders)
        total = self._settings.max_machines
        flavours = tuple(self._settings.flavours)
        return [Offer((_IMAGE,), flavours, max(0, total - taken), total, datetime.now(UTC))]

    async def create(
        self, spec: MachineSpec, op: OperationKey, last: MachineState | None
    ) -> AsyncIterator[MachineState]:
        # The folder tells more than `last` and `op` could: it is read, not remembered.
        self._refuse_what_is_not_offered(spec)
        ref = MachineRef(spec.instance_id)
        if last is None:
            yield MachineState(MachinePhase.PROVISIONING, ref, "The desktop is prepared.")
        await self._in_thread(lifecycle.make, self._folders, self._settings, spec)
        yield MachineState(MachinePhase.BOOTING, ref, "The desktop starts.")
        await self._start(ref)
        await self._until_running(ref)
        yield MachineState(MachinePhase.RUNNING, ref, "The desktop runs.")

    async def observe(self, refs: Sequence[MachineRef] | None) -> Snapshot:
        machines, complete = await self._in_thread(lifecycle.list_machines, self._folders, refs)
        listed = tuple(
            ListedMachine(machine.ref, machine.spec.instance_id, machine.phase, machine.sentence)
            for machine in machines
        )
        return Snapshot(listed, complete, datetime.now(UTC))

    async def start(self, ref: MachineRef, op: OperationKey) -> None:
        await self._start(ref)

    async def stop(self, ref: MachineRef, op: OperationKey) -> None:
        await self._known(ref)
        await self._end(ref, lifecycle.mark_stopped)

    async def reboot(self, ref: MachineRef, op: OperationKey) -> None:
        run = await self._in_thread(lifecycle.note_reboot, self._folders, ref, op)
        if (await self._known(ref)).run == run:
            await self._end(ref, lifecycle.mark_stopped)
            await self._start(ref)

    async def delete(self, ref: MachineRef, op: OperationKey) -> None:
        await self._end(ref, self._folders.remove)

    async def endpoints(self, ref: MachineRef) -> list[Endpoint]:
        machine = await self._known(ref)
        if machine.phase is not MachinePhase.RUNNING:
            raise BrokerError(BrokerReason.CONFLICT, "The desktop does not run.")
        passwords = await self._in_thread(machine.passwords)
        return [
            Endpoint(
                "desktop",
                "rfb",
                unix_path=str(machine.rfb_path),
                password=passwords.full,
                view_only_password=passwords.view_only,
            )
        ]

    async def logs(self, ref: MachineRef, cursor: str | None) -> LogPage:
        machine = await self._known(ref)
        return await self._in_thread(log_pages.read_page, machine.folder, cursor)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._folders.tidy)

    def _refuse_what_is_not_offered(self, spec: MachineSpec) -> None:
        sides = (spec.screen.width, spec.screen.height)
        refused = (
            (not is_name(spec.instance_id), "This name of an instance cannot be used."),
            (spec.image != _IMAGE, "This image is not offered here."),
            (spec.flavour not in self._settings.flavours, "This size of desktop is not offered here."),
            (
                not all(_SMALLEST_SIDE <= side <= _LARGEST_SIDE for side in sides),
                f"A screen is {_SMALLEST_SIDE} to {_LARGEST_SIDE} pixels wide and high.",
            ),
            (KEYBOARD_PATTERN.fullmatch(spec.keyboard) is None, "This keyboard layout does not exist."),
        )
        for is_refused, sentence in refused:
            if is_refused:
                raise BrokerError(BrokerReason.REJECTED, sentence, detail=repr(spec))

    async def _known(self, ref: MachineRef) -> Machine:
        return await self._in_thread(lifecycle.known, self._folders, ref)

    async def _start(self, ref: MachineRef) -> None:
        step = partial(self._in_thread, lifecycle.start_step, self._folders, self._settings, ref)
        await _until(step, "The desktop could not be started in time.")

    async def _end(self, ref: MachineRef, finish: Callable[[Path], None]) -> None:
        ending = lifecycle.Ending(self._folders, ref, finish)
        await _until(partial(self._in_thread, ending.step), "The desktop did not end in time.")

    async def _until_running(self, ref: MachineRef) -> None:
        async def look() -> bool:
            machine = await self._known(ref)
            match machine.phase:
                case MachinePhase.RUNNING:
                    return True
                case MachinePhase.FAILED:
                    detail = await self._in_thread(log_pages.last_lines, machine.folder, _DETAIL_LINES)
                    raise BrokerError(BrokerReason.PERMANENT, machine.sentence, detail=detail)
                case MachinePhase.STOPPING | MachinePhase.STOPPED:
                    raise BrokerError(BrokerReason.CONFLICT, "The desktop was stopped while it started.")
            return False

        await _until(look, "The desktop did not come up in time.")

    async def _in_thread(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Files and processes are not touched on the event loop. What is cancelled here is finished there."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, partial(call, *args, **kwargs))
        except (OSError, ValueError) as error:
            raise as_broker_error(error) from error


async def _until(step: Callable[[], Awaitable[object]], sentence: str) -> None:
    """Repeat *step* until it answers with something that is neither False nor None."""
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            while await step() in {None, False}:  # noqa: ASYNC110 - a file of another process tells no event
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError as error:
        raise BrokerError(BrokerReason.TIMEOUT, sentence) from error
