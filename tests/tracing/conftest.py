"""Nothing that traces outlives its test: its threads roll dice, which hypothesis would see in the next one."""

import threading
from collections.abc import Iterator

import pytest

# The end of ours, and the exporter of the library.
_TRACING = ("traces-end", "Otel")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name.startswith(_TRACING):
            thread.join(timeout=60)
            assert not thread.is_alive(), thread.name
