"""An executor that has seen every peer's lock, so that it detects the death of each from now on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.parts.executors import ExecutorProcess
from tests.parts.proxy import StatementCount, proxied

# A piece of each statement that looks at locks.
LOOK = "pg_try_advisory_xact_lock_shared"
# More than the grace before an executor counts as dead, which is four looks.
LOCK_READS_TO_DETECT = 6


@contextmanager
def failure_detecting_executor(*, settings: Mapping[str, str]) -> Iterator[tuple[ExecutorProcess, StatementCount]]:
    """The executor, and a count of its reads of the locks."""
    with proxied(settings["database_url"]) as (proxy, behind):
        lock_reads = proxy.watch(LOOK)
        with ExecutorProcess(settings={**settings, "database_url": behind}) as other:
            other.wait_for(event="listening")
            # Two statements are its first look; the next is sent once they are answered.
            assert lock_reads.wait_for(3)
            yield other, lock_reads
