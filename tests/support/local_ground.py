"""A folder of real local desktops, and the means to look behind the broker's back."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psutil

from beamdesk.brokers.local import DesktopKind, LocalBroker, LocalSettings
from beamdesk.brokers.local.supervisor.processes import MARK
from beamdesk.brokers.protocol import MachineRef, OperationKey
from support.broker_conformance import CAPACITY, Ground

__all__ = ["LocalGround"]


class LocalGround(Ground):
    """Machines of the deployments `ours` and `theirs` in one folder; `close` deletes them all."""

    def __init__(self, folder: Path, **settings: object) -> None:
        # Names of tests make long folders; sockets need short ones.
        self.sockets = Path(tempfile.mkdtemp(prefix="beamdesk-"))
        self.settings = LocalSettings(
            **{
                "folder": folder,
                "runtime_folder": self.sockets,
                "desktop": DesktopKind.LIGHT,
                "max_machines": CAPACITY,
                **settings,
            }
        )
        self._brokers: list[LocalBroker] = []

    def broker(self, deployment: str = "ours") -> LocalBroker:
        broker = LocalBroker("local", deployment, self.settings)
        self._brokers.append(broker)
        return broker

    async def kill(self, instance_id: str) -> None:
        os.kill(self.server(instance_id).pid, signal.SIGKILL)

    def machines(self, instance_id: str) -> int:
        return int(self.folder(instance_id).exists())

    def boots(self, instance_id: str) -> int:
        servers = [process for process in self.processes(instance_id) if process.name() == "Xtigervnc"]
        assert len(servers) <= 1, f"several servers for one desktop: {servers}"
        return int(self.state(instance_id)["run"])

    def folder(self, instance_id: str, deployment: str = "ours") -> Path:
        return self.settings.folder / deployment / instance_id

    def state(self, instance_id: str) -> dict[str, object]:
        return json.loads((self.folder(instance_id) / "state.json").read_text())

    def supervisor(self, instance_id: str) -> psutil.Process:
        return psutil.Process(int(self.state(instance_id)["pid"]))

    def server(self, instance_id: str) -> psutil.Process:
        [server] = [process for process in self.processes(instance_id) if process.name() == "Xtigervnc"]
        return server

    def processes(self, instance_id: str) -> list[psutil.Process]:
        """All that carry the mark of the instance's machine."""
        mark = str(self.folder(instance_id))
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    async def ask(self, instance_id: str, *command: str) -> str:
        """What a command says that runs inside the desktop."""
        display = str(self.state(instance_id)["display"])
        environment = self.server(instance_id).environ() | {"DISPLAY": display}
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.PIPE)
        answer, _ = await process.communicate()
        assert process.returncode == 0
        return answer.decode()

    async def close(self) -> None:
        for deployment in ("ours", "theirs"):
            broker = self.broker(deployment)
            for machine in (await broker.observe(None)).machines:
                await broker.delete(MachineRef(machine.ref), OperationKey("close"))
        for broker in self._brokers:
            await broker.close()
        shutil.rmtree(self.sockets, ignore_errors=True)
