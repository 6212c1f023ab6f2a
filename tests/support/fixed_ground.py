"""A pool of real VNC servers that stand for machines, and the means to look behind the broker's back."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from beamdesk.brokers.fixed import EndpointSettings, FixedBroker, FixedSettings, MachineSettings
from support.broker_conformance import CAPACITY, Ground
from support.guacd_world import password_file
from support.ports import free_port
from support.xtigervnc import Xtigervnc

__all__ = ["PASSWORD", "FixedGround", "LabMachine", "lab"]

PASSWORD = "beam-4711"
"""Longer than the eight characters that VNC looks at."""


class LabMachine:
    """One VNC server behind a password, always on the same port."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.port = free_port()
        self._folder = folder / name
        self._folder.mkdir()
        self._server: Xtigervnc | None = None

    def switch_on(self) -> None:
        if self._server is None:
            password = password_file(self._folder, PASSWORD)
            options = "-SecurityTypes", "VncAuth", "-PasswordFile", str(password)
            self._server = Xtigervnc(self._folder, *options, port=self.port).__enter__()

    def switch_off(self) -> None:
        if self._server is not None:
            self._server.__exit__(None, None, None)
            self._server = None

    @property
    def settings(self) -> MachineSettings:
        endpoint = EndpointSettings(protocol="vnc", port=self.port, password=PASSWORD)
        return MachineSettings(name=self.name, address="127.0.0.1", endpoints=(endpoint,))


@contextmanager
def lab(folder: Path, count: int = CAPACITY) -> Iterator[list[LabMachine]]:
    """Machines that run."""
    machines = [LabMachine(folder, f"lab-{number}") for number in range(1, count + 1)]
    with ExitStack() as stack:
        for machine in machines:
            stack.callback(machine.switch_off)
            machine.switch_on()
        yield machines


class FixedGround(Ground):
    """Leases on the machines of a lab, where somebody repairs a dead machine when it is wanted again."""

    def __init__(self, folder: Path, machines: list[LabMachine], **settings: object) -> None:
        self.lab = {machine.name: machine for machine in machines}
        self.settings = FixedSettings(
            **{
                "folder": folder,
                "machines": tuple(machine.settings for machine in machines),
                "look_seconds": 0.05,
                "silence_seconds": 2,
                **settings,
            }
        )
        self._brokers: list[FixedBroker] = []
        self._repairs: list[asyncio.Task[None]] = []

    def broker(self, deployment: str = "ours") -> FixedBroker:
        broker = FixedBroker("lab", deployment, self.settings)
        self._brokers.append(broker)
        return broker

    async def kill(self, instance_id: str) -> None:
        [lease] = self.leases(instance_id)
        machine = self.lab[str(lease["machine"])]
        await asyncio.to_thread(machine.switch_off)
        self._repairs.append(asyncio.create_task(self._repair(machine, instance_id, self.boots(instance_id))))

    def machines(self, instance_id: str) -> int:
        return len(self.leases(instance_id))

    def boots(self, instance_id: str) -> int:
        [lease] = self.leases(instance_id)
        return int(lease["starts"])

    def leases(self, instance_id: str) -> list[dict[str, object]]:
        """As they stand in the file."""
        try:
            content = json.loads((self.settings.folder / "leases.json").read_text())
        except FileNotFoundError:
            return []
        return [lease for lease in content["leases"] if lease["instance_id"] == instance_id]

    async def close(self) -> None:
        for repair in self._repairs:
            repair.cancel()
        await asyncio.gather(*self._repairs, return_exceptions=True)
        for broker in self._brokers:
            await broker.close()
        for machine in self.lab.values():
            await asyncio.to_thread(machine.switch_on)

    async def _repair(self, machine: LabMachine, instance_id: str, boots: int) -> None:
        while self.leases(instance_id) and self.boots(instance_id) == boots:
            await asyncio.sleep(0.02)
        await asyncio.to_thread(machine.switch_on)
