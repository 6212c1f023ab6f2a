"""Where cgroups can be made, on trees as the kernel shows them; real ones are in test_isolation.py."""

import resource
from pathlib import Path

import pytest

from beamdesk.brokers.local.supervisor import limits
from beamdesk.brokers.local.supervisor.limits import Places, enclose, places
from beamdesk.brokers.local.supervisor.plan import LimitPlan

_PLAN = LimitPlan(memory_bytes=512 * 1024 * 1024, pids=100, cpus=1.5)
_NOTHING = LimitPlan(None, None, None)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree in place of /sys/fs/cgroup, with this process in the group /site/gateway."""
    monkeypatch.setattr(limits, "_ROOT", str(tmp_path))
    groups = {"": "/site/gateway", "memory": "/site/gateway", "pids": "/site/gateway", "cpu": "/elsewhere"}
    monkeypatch.setattr(limits, "_own_groups", lambda: groups)
    return tmp_path


def _unified(group: Path) -> Path:
    """A group whose child of ours would get the memory controller."""
    (group / "beamdesk").mkdir(parents=True)
    for folder in (group, group / "beamdesk"):
        (folder / "cgroup.subtree_control").touch()
    (group / "beamdesk" / "memory.max").touch()
    return group / "beamdesk"


def _limited(group: Path, *files: str) -> Path:
    group.mkdir(parents=True, exist_ok=True)
    for file in files:
        (group / file).touch()
    return group


@pytest.mark.parametrize("above", ["site/gateway", "site", ""])
def test_version_2_is_used_where_children_get_controllers(root: Path, above: str) -> None:
    (root / "cgroup.controllers").touch()
    (root / "site" / "gateway").mkdir(parents=True)
    expected = _unified(root / above)
    assert places() == Places(str(expected))
    assert (expected / "cgroup.subtree_control").read_text().startswith("+")


def test_a_group_that_gets_no_controllers_is_left_as_it_was(root: Path) -> None:
    (root / "cgroup.controllers").touch()
    (root / "site" / "gateway").mkdir(parents=True)
    assert places().unified is None
    assert list(root.rglob("beamdesk")) == []


def test_version_2_takes_all_limits_in_one_folder(root: Path) -> None:
    (root / "cgroup.controllers").touch()
    parent = _unified(root)
    group = _limited(parent / "machine", "memory.max", "pids.max", "cpu.max", "cgroup.procs")
    found = enclose("machine", _PLAN)
    assert found.folders == (str(group),)
    assert found.memory_per_process is None
    assert (group / "memory.max").read_text() == str(512 * 1024 * 1024)
    assert (group / "pids.max").read_text() == "100"
    assert (group / "cpu.max").read_text() == "150000 100000"


def test_version_1_takes_each_limit_in_its_own_tree(root: Path) -> None:
    names = {"memory": "memory.limit_in_bytes", "pids": "pids.max", "cpu": "cpu.cfs_quota_us"}
    (root / "memory" / "site" / "gateway").mkdir(parents=True)
    (root / "pids" / "site" / "gateway").mkdir(parents=True)
    (root / "cpu").mkdir()
    parents = {
        "memory": root / "memory" / "site" / "gateway",
        "pids": root / "pids" / "site" / "gateway",
        # In a container the path that the kernel tells can be the host's.
        "cpu": root / "cpu",
    }
    groups = {
        name: _limited(parent / "beamdesk" / "machine", names[name]) for name, parent in parents.items()
    }
    found = enclose("machine", _PLAN)
    assert set(found.folders) == {str(group) for group in groups.values()}
    written = {name: (group / names[name]).read_text() for name, group in groups.items()}
    assert written == {"memory": str(512 * 1024 * 1024), "pids": "100", "cpu": "150000"}
    assert "memory, pids, cpu" in found.sentence


def test_without_cgroups_memory_is_limited_per_process(root: Path) -> None:
    found = enclose("machine", _PLAN)
    assert found.folders == ()
    assert found.memory_per_process == 512 * 1024 * 1024
    assert "per process" in found.sentence


def test_what_is_left_open_is_not_limited(root: Path) -> None:
    found = enclose("machine", _NOTHING)
    assert (found.folders, found.memory_per_process) == ((), None)


def test_joining_sets_the_limit_of_the_process_and_forgives_what_is_gone(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(limits.resource, "setrlimit", lambda *limit: asked.append(limit))
    monkeypatch.setattr(limits.resource, "getrlimit", lambda _: (-1, 1000))
    monkeypatch.setattr(limits, "_OUT_OF_MEMORY_SCORE", Path("/proc/self/oom_score_adj").read_text().strip())
    limits.Limits((str(root / "gone"),), 5000, "").join()
    assert asked == [(resource.RLIMIT_DATA, (1000, 1000))]
