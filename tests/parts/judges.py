"""An executor that has seen everybody's lock, so that whoever dies from now on is judged by it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import make_url

from tests.parts.executors import ExecutorProcess
from tests.parts.proxy import Sightings, postgres_proxy_to

# More than the grace, which is two of these.
LOOKS_OF_A_JUDGE = 6


@contextmanager
def judge(*, settings: Mapping[str, str]) -> Iterator[tuple[ExecutorProcess, Sightings]]:
    """The executor, and the looks that it takes at the locks."""
    url = make_url(settings["database_url"])
    assert url.port is not None
    with postgres_proxy_to(url.port) as proxy:
        looks = proxy.watch("pg_locks")
        behind = url.set(port=proxy.port).render_as_string(hide_password=False)
        with ExecutorProcess(settings={**settings, "database_url": behind}) as other:
            other.wait_for(event="listening")
            assert looks.wait_for(2)
            yield other, looks
