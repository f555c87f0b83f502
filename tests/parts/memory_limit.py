"""A memory limit for a test's own processes, as a container or a service has it: beyond it the kernel kills."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from tests.parts.waiting import until

# The folder of the controller's root, the bound, and the bound with swap, of both versions of cgroups.
_VERSIONS = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", None),
    (Path("/sys/fs/cgroup"), "memory.max", "memory.swap.max", 0),
)


@dataclass(frozen=True)
class MemoryLimit:
    """A cgroup; a command made by `within` runs in it with all processes that it starts."""

    group: Path

    def within(self, command: list[str]) -> list[str]:
        """The command that runs this one inside the cgroup."""
        enter = f'echo $$ >{self.group / "cgroup.procs"} && exec "$@"'
        return ["/bin/sh", "-c", enter, "sh", *command]


@contextmanager
def memory_limit(size: int) -> Iterator[MemoryLimit]:
    """At most so many bytes; skips the test where this user may not make a cgroup."""
    for root, bound, swap, swap_size in _VERSIONS:
        group = root / f"mediaproc-test-{uuid4()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if not (group / bound).exists():
                continue
            (group / bound).write_text(str(size))
            with suppress(OSError):  # a machine without swap has no such file
                (group / swap).write_text(str(size if swap_size is None else swap_size))
            yield MemoryLimit(group)
        finally:
            # The children of a killed process need a moment to end.
            until(partial(_removed, group))
        return
    pytest.skip("this user may not make a cgroup with a bound of memory")


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except OSError:
        return False
    return True
