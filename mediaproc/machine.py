"""What this process may really use of its machine: CPUs by affinity and quota, memory by size and limit."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def usable_cpus() -> int:
    """The CPUs that this process may really use: its affinity and its cgroup's quota, not the machine's count."""
    allowed = len(os.sched_getaffinity(0))
    quota = cgroup_quota(_CGROUPS, membership=_membership())
    return max(1, allowed if quota is None else min(allowed, math.ceil(quota)))


def usable_memory() -> int:
    """Bytes: the machine's, or the limit of a cgroup of this process where that is lower."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = cgroup_memory(_CGROUPS, membership=_membership())
    return physical if limit is None else min(physical, limit)


def cgroup_quota(root: Path, *, membership: str) -> float | None:
    """CPUs of the tightest quota from the process's cgroup up to `root`, or None where there is none.

    `membership` is what /proc/self/cgroup says; only version 2 (`0::/PATH`) is read.
    """
    quotas = (_cpus(group / "cpu.max") for group in _groups(root, membership=membership))
    return min((quota for quota in quotas if quota is not None), default=None)


def cgroup_memory(root: Path, *, membership: str) -> int | None:
    """Bytes of the tightest limit from the process's cgroup up to `root`, or None where there is none."""
    limits = (_bytes(group / "memory.max") for group in _groups(root, membership=membership))
    return min((limit for limit in limits if limit is not None), default=None)


def _groups(root: Path, *, membership: str) -> Iterator[Path]:
    own = next((line.removeprefix("0::/") for line in membership.splitlines() if line.startswith("0::/")), None)
    if own is not None:
        yield from (group for group in (root / own, *(root / own).parents) if group.is_relative_to(root))


def _cpus(limit: Path) -> float | None:
    """What a file such as `150000 100000` (quota and period, microseconds) allows."""
    try:
        quota, period = limit.read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _bytes(limit: Path) -> int | None:
    try:
        written = limit.read_text().strip()
        return None if written == "max" else int(written)
    except (OSError, ValueError):
        return None


def _membership() -> str:
    try:
        return Path("/proc/self/cgroup").read_text()
    except OSError:
        return ""
