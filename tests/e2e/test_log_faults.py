"""A log that cannot be written costs its lines, never a task."""

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.parts.clips import Clips
from tests.parts.executors import PATIENCE, executor_logging_to
from tests.parts.log_faults import LOG_FAULTS
from tests.parts.site import Site
from tests.parts.waiting import until

_UNFINISHED = "SELECT count(*) FROM media_process"
_FRESH = "SELECT max(heartbeat_at) > now() - interval '1 s' * :lease FROM media_executor WHERE state <> 'stopped'"


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in LOG_FAULTS.items()])
def test_a_log_that_cannot_be_written_costs_no_task(
    directory_site: Site, clips: Clips, fault: Callable[[], AbstractContextManager[int]]
) -> None:
    site = directory_site
    tasks = site.enqueue(clips.make_many(3, seconds=0.4, first_seed=31_000))
    # The level debug fills the stalled pipe soonest.
    settings = site.settings | {"log_level": "debug"}
    with fault() as stderr, executor_logging_to(stderr, settings=settings) as process:
        until(lambda: site.value(_UNFINISHED) == 0)
        # The executor works on as before: it renews its row, and a signal ends it.
        until(lambda: site.value(_FRESH, lease=3))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0
    assert site.history().keys() == tasks.keys()
    assert [attempt["outcome"] for attempt in site.attempts()] == ["completed"] * len(tasks)
    assert site.value("SELECT state FROM media_executor") == "stopped"
    site.assert_nothing_is_left()
