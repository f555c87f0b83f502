from pathlib import Path

import pytest

from mediaproc.machine import cgroup_memory, cgroup_quota, usable_memory


@pytest.mark.parametrize(
    ("quotas", "cpus"), [(["max 100000"], None), (["150000 100000"], 1.5), (["400000 100000", "50000 100000"], 0.5)]
)
def test_the_tightest_quota_of_the_cgroups_counts(tmp_path: Path, quotas: list[str], cpus: float | None) -> None:
    folder = tmp_path
    for depth, quota in enumerate(quotas):
        folder /= f"group{depth}"
        folder.mkdir()
        (folder / "cpu.max").write_text(quota + "\n")
    membership = f"0::/{folder.relative_to(tmp_path)}\n"
    assert cgroup_quota(tmp_path, membership=membership) == cpus


@pytest.mark.parametrize(
    ("limits", "size"), [(["max"], None), (["1000"], 1000), (["1000", "max"], 1000), (["1000", "500"], 500)]
)
def test_the_tightest_limit_of_the_cgroups_counts(tmp_path: Path, limits: list[str], size: int | None) -> None:
    folder = tmp_path
    for depth, limit in enumerate(limits):
        folder /= f"group{depth}"
        folder.mkdir()
        (folder / "memory.max").write_text(limit + "\n")
    assert cgroup_memory(tmp_path, membership=f"0::/{folder.relative_to(tmp_path)}\n") == size


@pytest.mark.parametrize(
    ("quotas", "cpus"), [(["-1"], None), (["150000"], 1.5), (["400000", "50000"], 0.5), (["50000", "-1"], 0.5)]
)
def test_the_quota_of_the_first_version_of_cgroups_counts_too(
    tmp_path: Path, quotas: list[str], cpus: float | None
) -> None:
    folder = tmp_path / "cpu"
    for depth, quota in enumerate(quotas):
        folder /= f"group{depth}"
        folder.mkdir(parents=True)
        (folder / "cpu.cfs_quota_us").write_text(quota + "\n")
        (folder / "cpu.cfs_period_us").write_text("100000\n")
    own = folder.relative_to(tmp_path / "cpu")
    membership = f"9:memory:/elsewhere\n4:cpu,cpuacct:/{own}\n1:name=systemd:/{own}\n0::/{own}\n"
    assert cgroup_quota(tmp_path, membership=membership) == cpus


def test_the_memory_limit_of_the_first_version_of_cgroups_counts_too(tmp_path: Path) -> None:
    # In a container its own group is often mounted as the root, while its path is that of the host.
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("1000\n")
    assert cgroup_memory(tmp_path, membership="9:memory:/docker/0a1b\n4:cpu,cpuacct:/docker/0a1b\n") == 1000
    assert cgroup_memory(tmp_path, membership="4:cpu,cpuacct:/docker/0a1b\n") is None


def test_there_is_memory_to_use() -> None:
    assert usable_memory() > 0
