"""An executor that has seen everybody's lock, so that whoever dies from now on is judged by it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.parts.executors import ExecutorProcess
from tests.parts.proxy import Sightings, proxied

# More than the grace, which is two of these.
LOOKS_OF_A_JUDGE = 6


@contextmanager
def judge(*, settings: Mapping[str, str]) -> Iterator[tuple[ExecutorProcess, Sightings]]:
    """The executor, and the looks that it takes at the locks."""
    with proxied(settings["database_url"]) as (proxy, behind):
        looks = proxy.watch("pg_locks")
        with ExecutorProcess(settings={**settings, "database_url": behind}) as other:
            other.wait_for(event="listening")
            assert looks.wait_for(2)
            yield other, looks
