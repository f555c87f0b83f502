"""Shards that do not fit together are told with two of their executors and what to do, once that lasts."""

from dataclasses import replace

import pytest

from mediaproc.core.shard import Shard
from mediaproc.core.shard_fit import Holder, misfits

_HOUR = 3600.0


def holder(name: str, shard: Shard, *, age: float = _HOUR, seen_ago: float = 1.0) -> Holder:
    return Holder(name=f"{name} (pid 7, id-{name})", shard=shard, age=age, seen_ago=seen_ago)


A, B = holder("a", Shard(0, 2)), holder("b", Shard(1, 2))
AUTO = holder("auto", Shard(0, 2, is_auto=True))


@pytest.mark.parametrize(
    "holders",
    [
        [],
        [A, B],
        [AUTO],
        # Of automatic numbers those of a moment ago may still stand in a row.
        [AUTO, replace(AUTO, name="other"), replace(AUTO, shard=Shard(0, 3, is_auto=True))],
    ],
)
def test_what_fits_is_not_worth_a_word(holders: list[Holder]) -> None:
    assert list(misfits(holders)) == []


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (holder("c", Shard(0, 2)), "Shard 0/2 has 2 executors"),
        (holder("c", Shard(0, 3)), "do not agree on the number of shards (2 and 3)"),
        (AUTO, "has an automatic shard beside the fixed 0/2"),
    ],
)
def test_two_that_do_not_fit_are_both_named_with_what_to_do(other: Holder, says: str) -> None:
    (sentence,) = misfits([A, B, other])
    assert says in sentence
    assert A.name in sentence
    assert other.name in sentence
    assert "--shard auto" in sentence


@pytest.mark.parametrize("shard", [Shard(0, 2), Shard(0, 3), Shard(0, 1, is_auto=True)])
def test_the_moment_in_which_one_takes_the_place_of_another_is_not(shard: Shard) -> None:
    """One is young, or was seen last soon after its start."""
    young = holder("young", shard, age=9.0)
    assert list(misfits([A, B, young])) == []
    gone = replace(holder("gone", shard), seen_ago=30.0)
    assert list(misfits([A, B, replace(gone, age=31.0)])) == []


def test_beside_automatic_shards_no_task_is_without_an_executor() -> None:
    (sentence,) = misfits([A, AUTO])
    assert "has no executor" not in sentence
