"""Starts a supervisor and forgets it: it belongs to nobody, so it outlives the gateway."""

import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.local.supervisor import launch
from beamdesk.brokers.local.supervisor.plan import Plan

__all__ = ["Launch", "launch_supervisor"]

_SECONDS = 15
"""It takes thirty milliseconds, and longer on a computer that is short of memory."""
# Isolated and without site-packages the interpreter is ready in a third of the time. It would not find
# our package, whose upper parts are not wanted anyhow: they get empty stand-ins, of which the last
# leads to this folder. Nothing but the standard library is on its path.
_CODE = """
import sys
for name, path in ("beamdesk", []), ("beamdesk.brokers", []), ("beamdesk.brokers.local", [sys.argv[1]]):
    sys.modules[name] = module = type(sys)(name)
    module.__path__ = path
from beamdesk.brokers.local.supervisor.launch import main
main()
"""


class Launch(StrEnum):
    """What became of a launch."""

    STARTED = "started"
    BUSY = "busy"
    """A supervisor of this machine lives, or somebody holds its lock for a moment."""
    GONE = "gone"
    """The machine's folder does not exist any more."""


_OUTCOMES = {launch.STARTED: Launch.STARTED, launch.BUSY: Launch.BUSY, launch.GONE: Launch.GONE}


def launch_supervisor(plan: Plan) -> Launch:
    """Start a supervisor; when this returns, its process id is on disk. Blocks for some milliseconds."""
    command = (sys.executable, "-I", "-S", "-c", _CODE, str(Path(__file__).parent), plan.folder)
    try:
        done = subprocess.run(
            command,
            check=False,
            input=plan.to_json().encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"LANG": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise BrokerError(BrokerReason.TIMEOUT, "The desktop's supervisor did not start in time.") from error
    if done.returncode not in _OUTCOMES:
        raise BrokerError(
            BrokerReason.TRANSIENT,
            "The desktop could not be started.",
            detail=f"supervisor: exit code {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}",
        )
    return _OUTCOMES[done.returncode]
