"""From a command that returns at once to a supervisor that nobody waits for."""

import fcntl
import os
import signal
import sys
import traceback

from beamdesk.brokers.local.supervisor import limits, state
from beamdesk.brokers.local.supervisor.desktop import Desktop, Outcome
from beamdesk.brokers.local.supervisor.end import end_all, forget_display
from beamdesk.brokers.local.supervisor.log import Log
from beamdesk.brokers.local.supervisor.loop import Loop
from beamdesk.brokers.local.supervisor.plan import Plan
from beamdesk.brokers.local.supervisor.processes import MARK, identify
from beamdesk.brokers.local.supervisor.programs import Programs, adopt_orphans

__all__ = ["BUSY", "FAILED", "GONE", "LOCK", "STARTED", "launch", "main"]

STARTED = 0
FAILED = 1
BUSY = 3
"""Another supervisor of this machine lives."""
GONE = 4
"""The machine's folder was removed."""

LOCK = "lock"


def launch(plan: Plan) -> int:
    """Start a supervisor for *plan* and return an exit code.

    STARTED means that its state is on disk with its process id. The lock that it holds for its
    whole life makes a second one for the same machine impossible, whoever starts it.
    """
    try:
        lock = os.open(f"{plan.folder}/{LOCK}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return GONE
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return BUSY
    if not _is_at(lock, f"{plan.folder}/{LOCK}"):
        return GONE
    said, says = os.pipe()
    if os.fork() == 0:
        os.close(said)
        _supervise(plan, says)
    os.close(says)
    return STARTED if os.read(said, 1) else FAILED


def _is_at(descriptor: int, path: str) -> bool:
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _supervise(plan: Plan, says: int) -> None:
    """Never returns: the rest of this process's life."""
    log: Log | None = None
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        os.chdir("/")
        adopt_orphans()
        log = Log(plan.folder)
        _run(plan, log, says)
    except BaseException:  # noqa: BLE001 - the log is the only place left to say it
        if log is not None:
            log.feed("supervisor", traceback.format_exc().encode())
        os._exit(1)
    os._exit(0)


def _run(plan: Plan, log: Log, says: int) -> None:
    me = identify(os.getpid())
    if me is None:
        raise RuntimeError("/proc does not show this process")
    before = state.read(plan.folder)
    run = before.run + 1 if before else 1
    last = state.RunState(state.BOOTING, "The desktop starts.", *me, state.boot_id(), run)
    state.write(plan.folder, last)
    os.write(says, b"1")
    os.close(says)

    def record(phase: str, sentence: str, display: str) -> None:
        nonlocal last
        if (phase, sentence, display) != (last.phase, last.sentence, last.display):
            last = last._replace(phase=phase, sentence=sentence, display=display)
            state.write(plan.folder, last)
            log.write("supervisor", sentence)

    loop = Loop()
    # What a supervisor that was killed left behind would hold the socket and the home folder.
    end_all(plan.folder, None, None, loop.turn)
    if os.path.lexists(plan.rfb_path):
        os.unlink(plan.rfb_path)
    limited = limits.enclose(plan.group, plan.limits)
    log.write("supervisor", f"Start {run}. {limited.sentence}")
    programs = Programs(loop, log, limited, {**plan.environment, MARK: plan.folder}, plan.home)
    desktop = Desktop(plan, loop, log, programs, record)
    outcome = Outcome(state.FAILED, "The desktop's supervisor failed.")
    try:
        outcome = desktop.run()
    finally:
        server = desktop.server
        if outcome.phase == state.STOPPED:
            record(state.STOPPING, "The desktop stops.", desktop.display)
        end_all(plan.folder, me.pid, server, loop.turn)
        if server is not None and desktop.display:
            forget_display(desktop.display, server)
        limits.remove(plan.group)
        record(outcome.phase, outcome.sentence, "")


def main() -> None:
    """Read a plan from standard input; the exit code tells what became of it."""
    sys.exit(launch(Plan.from_json(sys.stdin.buffer.read())))
