"""Steps in the life of a local machine: each blocks for a moment, is done in a thread, and can be repeated.

Two locks of the kernel decide who may do what, so it holds between threads and between gateways: a
machine's own, which its supervisor holds for life, and the folder's, under which machines are counted.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local.folders import MachineFolders
from beamdesk.brokers.local.launch import Launch, launch_supervisor
from beamdesk.brokers.local.machine import Machine, lock, short_name
from beamdesk.brokers.local.plans import home_seed, plan_for
from beamdesk.brokers.local.settings import LocalSettings
from beamdesk.brokers.local.supervisor import limits, state
from beamdesk.brokers.local.supervisor.end import end_all
from beamdesk.brokers.local.supervisor.processes import reap, send_signal
from beamdesk.brokers.protocol import MachinePhase, MachineRef, MachineSpec, OperationKey

__all__ = [
    "Ending",
    "capacity_taken",
    "known",
    "list_machines",
    "make",
    "mark_stopped",
    "note_reboot",
    "start_step",
]

_SIGTERM, _SIGKILL = 15, 9
_FORCE_AFTER_SECONDS = 10.0
"""A supervisor needs at most six seconds to end its desktop; past this it hangs itself."""


def known(folders: MachineFolders, ref: MachineRef) -> Machine:
    machine = folders.find(ref)
    if machine is None:
        raise BrokerError(BrokerReason.NOT_FOUND, "This desktop does not exist on this computer.")
    return machine


def list_machines(folders: MachineFolders, refs: Sequence[MachineRef] | None) -> tuple[list[Machine], bool]:
    """The machines, and whether all could be read."""
    machines, complete = [], True
    for ref in folders.refs() if refs is None else dict.fromkeys(refs):
        try:
            machine = folders.find(ref)
        except (OSError, ValueError):
            complete = False
            continue
        if machine is not None:
            machines.append(machine)
            if machine.state is not None:
                reap(machine.state.supervisor)
    return machines, complete


def capacity_taken(folders: MachineFolders, *, besides: MachineRef | None = None) -> int:
    machines, _ = list_machines(folders, None)
    return sum(1 for machine in machines if machine.holds_capacity and machine.ref != besides)


def make(folders: MachineFolders, settings: LocalSettings, spec: MachineSpec) -> None:
    """Make the machine's folder unless it is there: from then on the machine is listed and counted."""
    folders.prepare()
    if not folders.sockets_fit:
        raise BrokerError(
            BrokerReason.PERMANENT,
            "Desktops cannot be started on this computer.",
            detail=f"{folders.runtime} is too long for sockets: set a shorter runtime_folder",
        )
    with folders.capacity():
        if folders.find(MachineRef(spec.instance_id)) is None:
            _refuse_when_full(folders, settings, MachineRef(spec.instance_id))
            folders.make(spec, home_seed(settings))


def start_step(folders: MachineFolders, settings: LocalSettings, ref: MachineRef) -> int | None:
    """Start the machine unless it is up. The number of its run, or None where it has to be tried again."""
    machine = known(folders, ref)
    match machine.phase:
        case MachinePhase.BOOTING | MachinePhase.RUNNING:
            return machine.run
        case MachinePhase.STOPPING:
            return None
    folders.prepare()
    plan = plan_for(machine, settings)
    with folders.capacity():
        _refuse_when_full(folders, settings, ref)
        match launch_supervisor(plan):
            case Launch.STARTED:
                return known(folders, ref).run
            case Launch.BUSY:
                return None
            case Launch.GONE:
                raise BrokerError(BrokerReason.NOT_FOUND, "The desktop was deleted while it started.")


def note_reboot(folders: MachineFolders, ref: MachineRef, op: OperationKey) -> int:
    """Remember that *op* asks for a reboot; the number of the run that it is to end."""
    machine = known(folders, ref)
    if machine.reboot is None or machine.reboot.op != op:
        machine = folders.note_reboot(machine, op)
    return machine.reboot.run if machine.reboot is not None else machine.run


class Ending:
    """Ends a machine step by step; does *finish* with its folder before it can start again."""

    def __init__(self, folders: MachineFolders, ref: MachineRef, finish: Callable[[Path], None]) -> None:
        self._folders = folders
        self._ref = ref
        self._finish = finish
        self._asked_at: float | None = None

    def step(self) -> bool:
        """True when the machine has no processes and *finish* was done, or when there is no machine."""
        folder = self._folders.folder_of(self._ref)
        if folder is None:
            self._folders.remove_remains(self._ref)
            return True
        try:
            descriptor = lock(folder)
        except FileNotFoundError:
            return False
        if descriptor is None:
            self._tell_supervisor(folder)
            return False
        try:
            # Empty, unless the supervisor was killed.
            end_all(str(folder), None, None, time.sleep)
            limits.remove(short_name(str(folder)))
            self._finish(folder)
        finally:
            os.close(descriptor)
        return True

    def _tell_supervisor(self, folder: Path) -> None:
        last = state.read(str(folder))
        if last is None or not last.supervised():
            # Somebody is about to start or to end it.
            return
        if self._asked_at is None:
            self._asked_at = time.monotonic()
            send_signal(last.supervisor, _SIGTERM)
        elif time.monotonic() - self._asked_at > _FORCE_AFTER_SECONDS:
            send_signal(last.supervisor, _SIGKILL)


def mark_stopped(folder: Path) -> None:
    """Say that the machine is stopped, whatever it was before. The caller holds its lock."""
    last = state.read(str(folder))
    if last is None:
        last = state.RunState(state.STOPPED, "", 0, 0, state.boot_id(), 0)
    elif last.phase == state.STOPPED:
        return
    state.write(
        str(folder), last._replace(phase=state.STOPPED, sentence="The desktop was stopped.", display="")
    )


def _refuse_when_full(folders: MachineFolders, settings: LocalSettings, ref: MachineRef) -> None:
    """The caller holds the lock under which machines are counted."""
    if capacity_taken(folders, besides=ref) >= settings.max_machines:
        raise BrokerError(
            BrokerReason.CAPACITY,
            f"All {settings.max_machines} desktops of this computer are in use.",
        )
