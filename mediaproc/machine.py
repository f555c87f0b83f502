"""The CPUs and the memory that this process may use: by affinity and quota, by size and limit."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_EVENTS = Path("/proc/vmstat")


def usable_cpus() -> int:
    """The CPUs that this process may use by its affinity and its cgroups' quota; a machine may have more."""
    allowed = len(os.sched_getaffinity(0))
    quota = cgroup_quota(_CGROUPS, membership=_membership())
    return max(1, allowed if quota is None else min(allowed, math.ceil(quota)))


def usable_memory() -> int:
    """The machine's memory (bytes), or the limit of a cgroup of this process where that is lower."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = cgroup_memory(_CGROUPS, membership=_membership())
    return physical if limit is None else min(physical, limit)


def count_oom_kills() -> int:
    """How many processes the kernel has killed for want of memory, in any cgroup; 0 where it does not tell."""
    words = _read(_EVENTS)
    return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0


def cgroup_quota(root: Path, *, membership: str) -> float | None:
    """CPUs of the tightest quota from the process's cgroups up to `root`, or None where there is none.

    `membership` is what /proc/self/cgroup says; both versions of cgroups are read.
    """
    groups = _groups(root, membership=membership, controller="cpu")
    return min((quota for group in groups if (quota := _cpus(group)) is not None), default=None)


def cgroup_memory(root: Path, *, membership: str) -> int | None:
    """Bytes of the tightest limit from the process's cgroups up to `root`, or None where there is none."""
    groups = _groups(root, membership=membership, controller="memory")
    return min((limit for group in groups if (limit := _bytes(group)) is not None), default=None)


def _groups(root: Path, *, membership: str, controller: str) -> Iterator[Path]:
    """The process's cgroups of version 2 (`0::/PATH`) and 1 (`4:cpu,cpuacct:/PATH`; each controller has a tree)."""
    for line in membership.splitlines():
        _, controllers, own = line.split(":", maxsplit=2)
        if controllers and controller not in controllers.split(","):
            continue
        tree = root / controller if controllers else root
        group = tree / own.lstrip("/")
        yield from (each for each in (group, *group.parents) if each.is_relative_to(tree))


def _cpus(group: Path) -> float | None:
    """The CPUs that a quota and its period (microseconds) allow; `max` and, in version 1, -1 stand for no quota."""
    written = _read(group / "cpu.max") or _read(group / "cpu.cfs_quota_us", group / "cpu.cfs_period_us")
    try:
        quota, period = map(int, written)
    except ValueError:
        return None
    return quota / period if quota > 0 and period > 0 else None


def _bytes(group: Path) -> int | None:
    try:
        (limit,) = map(int, _read(group / "memory.max") or _read(group / "memory.limit_in_bytes"))
    except ValueError:
        return None
    return limit


def _read(*files: Path) -> list[str]:
    """The words in these files, none where one of the files is missing."""
    try:
        return [word for file in files for word in file.read_text().split()]
    except (OSError, ValueError):
        return []


def _membership() -> str:
    try:
        return Path("/proc/self/cgroup").read_text()
    except OSError:
        return ""
