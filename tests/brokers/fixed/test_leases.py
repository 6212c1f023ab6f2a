"""The file of leases: whole or not changed, and one machine is never lent twice."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.fixed.lease import Lease
from beamdesk.brokers.fixed.leases import Leases
from beamdesk.brokers.fixed.lending import Lending
from beamdesk.brokers.protocol import MachinePhase, MachineRef, OperationKey

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POOL = [f"lab-{number}" for number in range(1, 6)]

LENDER = """
import sys
from pathlib import Path
from beamdesk.brokers.errors import BrokerError
from beamdesk.brokers.fixed.leases import Leases
from beamdesk.brokers.fixed.lending import Lending
lending, pool = Lending(Leases(Path(sys.argv[1])), "ours"), sys.argv[3:]
print("ready", flush=True)
sys.stdin.readline()
for number in range(1000):
    try:
        print(lending.lend(f"{sys.argv[2]}-{number}", pool, pool).machine, flush=True)
    except BrokerError:
        break
"""


@pytest.fixture
def leases(tmp_path: Path) -> Leases:
    return Leases(tmp_path / "pool")


def lender(folder: Path, name: str, pool: list[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LENDER, str(folder), name, *pool],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_lease_is_found_again_as_it_was(leases: Leases, tmp_path: Path) -> None:
    lending = Lending(leases, "ours")
    lent = lending.lend("Instanz-ü", POOL, POOL)
    lending.reboot(lent.ref, OperationKey("a"))
    [found] = Lending(Leases(tmp_path / "pool"), "ours").all()
    assert (found.machine, found.instance_id, found.starts, found.reboot) == ("lab-1", "Instanz-ü", 2, "a")
    assert len(found.log) == 2


def test_processes_that_lend_at_once_never_lend_a_machine_twice(leases: Leases, tmp_path: Path) -> None:
    pool = [f"lab-{number}" for number in range(40)]
    lenders = [lender(tmp_path / "pool", f"lender{number}", pool) for number in range(3)]
    for process in lenders:
        process.stdin.write("\n")
        process.stdin.flush()
    lent = [machine for process in lenders for machine in process.communicate(timeout=60)[0].split()]
    assert sorted(lent) == sorted(pool)
    assert {lease.machine: lease.instance_id for lease in leases.read().values()}.keys() == set(pool)


def test_who_is_killed_while_lending_leaves_whole_leases_and_no_lock(leases: Leases, tmp_path: Path) -> None:
    pool = [f"lab-{number}" for number in range(500)]
    for attempt in range(4):
        process = lender(tmp_path / "pool", f"attempt{attempt}", pool)
        process.stdin.write("\n")
        process.stdin.flush()
        told = [process.stdout.readline().strip() for _ in range(5 + attempt)]
        os.kill(process.pid, signal.SIGKILL)
        told += process.communicate()[0].split()
        assert set(told) <= set(leases.read()), "a lease that was told is gone"
    lent = Lending(leases, "ours").lend("after", pool, pool)
    assert lent.machine in leases.read()
    assert not list((tmp_path / "pool").glob(".leases-*"))


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": 2, "leases": []}', '{"format": 1, "leases": [{"machine": "lab-1"}]}'],
)
def test_a_file_that_cannot_be_read_is_not_taken_for_empty(
    leases: Leases, tmp_path: Path, content: str
) -> None:
    lending = Lending(leases, "ours")
    lending.lend("one", POOL, POOL)
    (tmp_path / "pool" / "leases.json").write_text(content)
    for step in (lending.all, lending.check, lambda: lending.lend("two", POOL, POOL)):
        with pytest.raises(ValueError, match=r"lease|Expecting"):
            step()
    assert (tmp_path / "pool" / "leases.json").read_text() == content


def test_a_change_that_fails_changes_nothing(leases: Leases) -> None:
    lending = Lending(leases, "ours")
    lending.lend("one", POOL, POOL)
    before = leases.read()

    def fail() -> None:
        with leases.changing() as changing:
            changing.clear()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert leases.read() == before


def test_who_is_late_does_not_overwrite(leases: Leases) -> None:
    lending = Lending(leases, "ours")
    seen = lending.lend("one", POOL, POOL)
    lending.stop(seen.ref)
    assert lending.witness(seen, MachinePhase.RUNNING, "It answers.").phase is MachinePhase.STOPPED
    lending.start(seen.ref)
    assert lending.witness(seen, MachinePhase.FAILED, "It is silent.").phase is MachinePhase.BOOTING
    lending.give_back(seen.ref)
    assert lending.witness(seen, MachinePhase.RUNNING, "It answers.") is None
    assert leases.read() == {}


def test_a_late_delete_does_not_take_the_machine_from_who_has_it_next(leases: Leases) -> None:
    lending = Lending(leases, "ours")
    first = lending.lend("one", ["lab-1"], ["lab-1"])
    lending.give_back(first.ref)
    lending.lend("two", ["lab-1"], ["lab-1"])
    lending.give_back(first.ref)
    assert [lease.instance_id for lease in lending.all()] == ["two"]


@pytest.mark.parametrize(
    ("fitting", "answering", "sentence"),
    [
        (["lab-1"], ["lab-1"], "The only machine of this kind is in use."),
        (["lab-1", "lab-2"], ["lab-1", "lab-2"], "All 2 machines of this kind are in use."),
        (["lab-1", "lab-3"], ["lab-1"], "No machine of this kind that is free answers at the moment."),
    ],
)
def test_what_cannot_be_lent_is_told(
    leases: Leases, fitting: list[str], answering: list[str], sentence: str
) -> None:
    lending = Lending(leases, "ours")
    for machine in ("lab-1", "lab-2"):
        Lending(leases, "theirs").lend(machine, [machine], [machine])
    with pytest.raises(BrokerError) as caught:
        lending.lend("one", fitting, answering)
    assert (caught.value.reason, caught.value.sentence) == (BrokerReason.CAPACITY, sentence)


def test_the_log_is_read_on_and_does_not_grow_for_ever() -> None:
    lease = Lease.begin("lab-1", "ours", "one", NOW)
    first = lease.page(None)
    assert first.lines == ("2026-01-02T03:04:05Z The machine lab-1 is lent to this instance.",)
    for number in range(1000):
        lease = lease.seen(MachinePhase.RUNNING, f"line {number}", NOW)
    assert len(json.dumps(lease.to_json())) < 40_000
    kept = lease.page(first.cursor)
    assert kept.lines == lease.page(None).lines == lease.log
    assert kept.lines[-1].endswith("line 999")
    later = lease.seen(MachinePhase.FAILED, "last", NOW).page(kept.cursor)
    assert [line.partition("Z ")[2] for line in later.lines] == ["last"]
    for cursor in (str(int(kept.cursor) + 1), "x", "-1", "9" * 400):
        with pytest.raises(BrokerError) as caught:
            lease.page(cursor)
        assert caught.value.reason is BrokerReason.REJECTED


def test_unknown_leases_are_not_found(leases: Leases) -> None:
    with pytest.raises(BrokerError) as caught:
        Lending(leases, "ours").stop(MachineRef("one"))
    assert caught.value.reason is BrokerReason.NOT_FOUND
