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


def test_there_is_memory_to_use() -> None:
    assert usable_memory() > 0
