from uuid import UUID

import pytest

from mediaproc.core.pause import Pause, Scope, pause_of_executor, pause_of_task
from mediaproc.core.shard import Shard

ONE, OTHER = UUID(int=1), UUID(int=2)


def _pause(**scope: object) -> Pause:
    return Pause(scope=Scope(**scope), actor="ann@desk")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pauses", "is_held"),
    [
        ([], False),
        ([_pause()], True),
        ([_pause(executor_id=ONE)], True),
        ([_pause(executor_id=OTHER)], False),
        ([_pause(profile="mp4")], False),
        ([_pause(profile="mp4"), _pause(profile="mp3")], True),
        ([_pause(profile="mp4"), _pause(profile="gif")], False),
        # It may steal, and a shard may be split anew.
        ([_pause(shard=Shard(0, 1))], False),
    ],
)
def test_an_executor_is_paused_when_nothing_is_left_for_it(pauses: list[Pause], *, is_held: bool) -> None:
    found = pause_of_executor(pauses, executor_id=ONE, profiles=["mp4", "mp3"])
    assert (found is not None) == is_held


def test_an_executor_of_certain_tasks_is_paused_with_their_shard() -> None:
    pauses = [_pause(shard=Shard(1, 2))]
    for only, is_held in (([1, 3], True), ([1, 2], False), ([], False)):
        found = pause_of_executor(pauses, executor_id=ONE, profiles=["mp4"], only=only)
        assert (found is not None) == is_held


@pytest.mark.parametrize(
    ("pause", "told"),
    [
        (_pause(), "Everything is paused by ann@desk until it is resumed."),
        (
            Pause(scope=Scope(profile="mp4"), actor="ann@desk", until="2026-01-01 00:00:00Z", because="A disk."),
            "Profile mp4 is paused by ann@desk until 2026-01-01 00:00:00Z (A disk).",
        ),
        (_pause(shard=Shard(1, 4)), "Shard 1/4 is paused by ann@desk until it is resumed."),
        (_pause(executor_id=ONE), f"Executor {ONE} is paused by ann@desk until it is resumed."),
    ],
)
def test_a_pause_says_what_by_whom_until_when_and_why(pause: Pause, told: str) -> None:
    assert str(pause) == told


@pytest.mark.parametrize(
    ("pauses", "is_held"),
    [
        ([], False),
        ([_pause(executor_id=ONE), _pause(profile="gif"), _pause(shard=Shard(0, 2))], False),
        ([_pause(executor_id=ONE), _pause()], True),
        ([_pause(profile="mp4")], True),
        ([_pause(shard=Shard(1, 2))], True),
    ],
)
def test_a_task_is_paused_when_nobody_may_claim_it(pauses: list[Pause], *, is_held: bool) -> None:
    found = pause_of_task(pauses, task_id=7, profile="mp4")
    assert found == (pauses[-1] if is_held else None)
