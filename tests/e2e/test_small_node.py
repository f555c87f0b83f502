"""A node that lacks the memory for a film leaves it to another one, without a strike."""

from pathlib import Path

from sqlalchemy import text

from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import release_limit
from tests.e2e import with_little_memory
from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.site import Site

# On a busy machine a short lease may run out.
_PATIENT = {"shard": "0/1", "lease": "60", "heartbeat": "15"}
_LITTLE = Path(with_little_memory.__file__)
# As if the task had been released so often before, which would take more than an hour.
_OFTEN = text(
    "INSERT INTO media_process_attempt"
    " (claim_token, task_id, attempt, executor_id, shard_index, shard_total, finished_at, outcome, error_class)"
    " SELECT gen_random_uuid(), :task, number, gen_random_uuid(), 0, 1, now(), 'released', 'node_too_small'"
    " FROM generate_series(1, :times) AS number"
)


def test_a_film_that_is_too_large_for_a_node_is_done_by_a_larger_one(site: Site, clips: Clips) -> None:
    settings = site.settings | _PATIENT
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=14_000)])
    with ExecutorProcess(settings=settings, program=_LITTLE) as small:
        released = small.wait_for(event="released", error_class="node_too_small", task=task)
        assert "a larger node may take it" in released["error"]
        with ExecutorProcess(settings=settings) as large:
            large.wait_for(event="completed", task=task)
        # The node goes on with tasks that fit.
        (sound,) = site.enqueue([clips.make_sound(seconds=0.4)], profile="mp3")
        small.wait_for(event="completed", task=sound)
    assert site.history()[task]["fail_count"] == 0


def test_a_film_that_is_too_large_for_every_node_counts_in_the_end(site: Site, clips: Clips) -> None:
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=14_001)])
    with site.engine.begin() as connection:
        times = release_limit(ErrorClass.NODE_TOO_SMALL)
        connection.execute(_OFTEN, {"task": task, "times": times})
        connection.execute(text("UPDATE media_process SET attempt = :times"), {"times": times})
    with ExecutorProcess(settings=site.settings | _PATIENT, program=_LITTLE) as small:
        small.wait_for(event="released", error_class="node_too_small", task=task)
    (row,) = site.rows("SELECT fail_count, error FROM media_process")
    assert row["fail_count"] >= 1  # the task may have been claimed again by now
    assert "It was given back 20 times, so that each further time is a strike." in row["error"]


def test_an_executor_that_is_to_do_it_all_leaves_nothing_to_others(site: Site, clips: Clips) -> None:
    """Otherwise `transcode` would wait for a larger node, and there is none."""
    (task,) = site.enqueue([clips.make("avi", seconds=0.4, seed=14_002)])
    settings = site.settings | _PATIENT
    with ExecutorProcess(settings=settings, arguments=("--until-idle",), program=_LITTLE) as small:
        failed = small.wait_for(event="failed", task=task)
    assert failed["error_class"] == "node_too_small"
