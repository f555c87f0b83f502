"""The verdict for a monitor: what is wrong is named, with what to do, and nothing else is."""

from dataclasses import replace

import pytest

from mediaproc.core.health import Diagnosis, Figures, Health, Kind, Living, diagnose

_EXECUTOR = Living(name="node-a (pid 7)", shard_index=0, shard_total=1, slots=2, busy=1, paused_for=None)
_FINE = Figures(due=3, oldest_due=5.0, abandoned=0, out_of_tries=0, executors=(_EXECUTOR,))


def _said(figures: Figures) -> tuple[Health, str]:
    diagnosis = diagnose(figures)
    return diagnosis.health, " | ".join(diagnosis.reasons)


def test_a_site_that_works_is_healthy_and_nothing_is_said() -> None:
    assert diagnose(_FINE) == Diagnosis(health=Health.HEALTHY, reasons=())


def test_no_executor_is_fine_while_there_is_nothing_to_do() -> None:
    assert diagnose(replace(_FINE, due=0, oldest_due=None, executors=())).health is Health.HEALTHY


@pytest.mark.parametrize(
    ("figures", "health", "says"),
    [
        (replace(_FINE, executors=()), Health.STUCK, "No executor is alive and 3 tasks to do"),
        (replace(_FINE, abandoned=1), Health.STUCK, "mediaproc compensate"),
        (
            replace(_FINE, executors=(replace(_EXECUTOR, paused_for="The store is away."),)),
            Health.STUCK,
            "No executor takes tasks: The store is away.",
        ),
        (
            replace(_FINE, executors=(_EXECUTOR, replace(_EXECUTOR, paused_for="The store is away."))),
            Health.ATTENTION,
            "node-a (pid 7) takes no tasks: The store is away.",
        ),
        (replace(_FINE, out_of_tries=2), Health.ATTENTION, "2 tasks failed for good"),
        (replace(_FINE, executors=(_EXECUTOR, _EXECUTOR)), Health.ATTENTION, "Shard 0/1 has 2 executors"),
        (
            replace(_FINE, executors=(replace(_EXECUTOR, shard_total=2),)),
            Health.ATTENTION,
            "Shard 1/2 has no executor",
        ),
        (
            replace(_FINE, executors=(_EXECUTOR, replace(_EXECUTOR, shard_total=3))),
            Health.ATTENTION,
            "do not agree on the number of shards (1 and 3)",
        ),
        (replace(_FINE, oldest_due=601.0), Health.ATTENTION, "due for more than ten minutes while slots are free"),
    ],
)
def test_what_is_wrong_is_named(figures: Figures, health: Health, says: str) -> None:
    found, said = _said(figures)
    assert found is health
    assert says in said


def _with_shards(*indexes: int, total: int) -> Figures:
    executors = tuple(replace(_EXECUTOR, shard_index=index, shard_total=total) for index in indexes)
    return replace(_FINE, executors=executors)


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (_with_shards(0, total=500), "499 of 500 shards have no executor (1-499): "),
        (_with_shards(0, total=2**31 - 1), "2147483646 of 2147483647 shards have no executor (1-2147483646): "),
        (_with_shards(1, 2, 5, total=7), "4 of 7 shards have no executor (0, 3-4, 6): "),
        (_with_shards(*range(0, 40, 2), total=40), "20 of 40 shards have no executor (1, 3, 5, 7, 9, 11, 13, 15, ...)"),
        (_with_shards(0, 0, 1, 1, total=2), "2 of 2 shards have several executors (0, 1): "),
    ],
)
def test_what_is_wrong_with_many_shards_is_one_sentence(figures: Figures, says: str) -> None:
    (reason,) = diagnose(figures).reasons
    assert reason.startswith(says)


def test_executors_that_pause_for_one_reason_are_one_sentence() -> None:
    paused = [replace(_EXECUTOR, shard_index=index, paused_for="The store is away.") for index in range(1, 4)]
    figures = replace(_FINE, executors=tuple(replace(each, shard_total=4) for each in (_EXECUTOR, *paused)))
    assert diagnose(figures).reasons == ("node-a (pid 7) and 2 more take no tasks: The store is away.",)


def test_who_is_confined_to_its_own_tasks_has_no_shard_and_no_slot_for_others() -> None:
    confined = replace(_EXECUTOR, busy=0, confined=True)
    busy = replace(_EXECUTOR, busy=2)
    assert diagnose(replace(_FINE, executors=(confined, confined, busy))).reasons == ()
    assert diagnose(replace(_FINE, executors=(confined, busy), oldest_due=601.0)).reasons == ()
    assert "Shard 0/1 has 2" in _said(replace(_FINE, executors=(confined, busy, busy)))[1]
    # Alone it says at least that nobody works on what is due.
    assert "while slots are free" in _said(replace(_FINE, executors=(confined,), oldest_due=601.0))[1]


def test_a_long_queue_before_busy_slots_is_healthy() -> None:
    busy = replace(_EXECUTOR, busy=2)
    assert diagnose(replace(_FINE, due=100_000, oldest_due=86_400.0, executors=(busy,))).health is Health.HEALTHY


_REACHING = replace(_EXECUTOR, bucket="site", profiles=frozenset({"mp4", "small"}))
_SMALL = Kind(bucket="site", profile="small", tasks=3)


@pytest.mark.parametrize(
    "executor",
    [
        pytest.param(replace(_REACHING, bucket="another"), id="with another store"),
        pytest.param(replace(_REACHING, profiles=frozenset({"mp4"})), id="without the profile"),
    ],
)
def test_tasks_that_no_living_executor_can_do_are_named(executor: Living) -> None:
    found, said = _said(replace(_FINE, kinds=(_SMALL,), executors=(executor,)))
    assert found is Health.ATTENTION
    assert "No living executor can do 3 tasks for the profile small with the source in site" in said


def test_tasks_that_need_a_decoder_which_no_living_executor_has_are_named() -> None:
    kinds = (replace(_SMALL, needs_decoders=frozenset({"hevc"})),)
    lacking = replace(_REACHING, lacking_decoders=frozenset({"hevc"}))
    found, said = _said(replace(_FINE, kinds=kinds, executors=(lacking,)))
    assert found is Health.ATTENTION
    assert "No living executor can do 3 tasks for the profile small whose source needs the decoder for hevc:" in said
    assert diagnose(replace(_FINE, kinds=(_SMALL,), executors=(lacking,))).reasons == ()
    whole = replace(_REACHING, shard_index=1)
    both = tuple(replace(each, shard_total=2) for each in (lacking, whole))
    assert diagnose(replace(_FINE, kinds=kinds, executors=both)).reasons == ()


@pytest.mark.parametrize(
    "executor",
    [
        pytest.param(_REACHING, id="that says so"),
        pytest.param(_EXECUTOR, id="of a version that takes whatever is due"),
        pytest.param(replace(_REACHING, confined=True), id="that takes nothing but its own, and is alone"),
    ],
)
def test_nothing_is_said_of_tasks_that_an_executor_can_do(executor: Living) -> None:
    assert diagnose(replace(_FINE, kinds=(_SMALL,), executors=(executor,))).reasons == ()
