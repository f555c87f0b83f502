import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import WrongUse
from mediaproc.core.shard import BUCKETS, Shard


@given(st.integers(1, 200), st.integers(1, 10**15))
def test_every_task_belongs_to_exactly_one_shard_of_a_total(total: int, task_id: int) -> None:
    owners = [index for index in range(total) if Shard(index, total).owns(task_id)]
    assert owners == [task_id % total]


@given(st.integers(1, 200), st.integers(1, 10**15))
def test_every_task_belongs_to_exactly_one_automatic_shard_of_a_total(total: int, task_id: int) -> None:
    shards = [Shard(index, total, is_auto=True) for index in range(total)]
    (owner,) = (shard for shard in shards if shard.owns(task_id))
    assert [shard for shard in shards if task_id % BUCKETS in shard.buckets] == [owner]


@given(st.integers(1, BUCKETS))
def test_no_automatic_shard_has_more_than_one_bucket_more_than_another(total: int) -> None:
    sizes = [len(Shard(index, total, is_auto=True).buckets) for index in range(total)]
    assert (sum(sizes), max(sizes) - min(sizes) <= 1) == (BUCKETS, True)


def test_of_more_automatic_shards_than_buckets_the_last_ones_own_none() -> None:
    assert not Shard(BUCKETS, BUCKETS + 1, is_auto=True).buckets


def test_auto_is_a_shard_whose_numbers_are_to_follow() -> None:
    assert Shard.parse_setting(" auto ") == Shard.ALONE == Shard(0, 1, is_auto=True) != Shard(0, 1)
    assert Shard.parse_setting("1/3") == Shard(1, 3)


def test_no_other_word_means_the_tasks_of_an_automatic_shard() -> None:
    """A selection of `shard:auto` would be everything."""
    with pytest.raises(WrongUse, match=r"'auto' is not of the form INDEX/TOTAL"):
        Shard.parse("auto")


@given(st.integers(1, 999_999).flatmap(lambda total: st.tuples(st.integers(0, total - 1), st.just(total))))
def test_what_is_written_is_read_again(shard: tuple[int, int]) -> None:
    assert Shard.parse(str(Shard(*shard))) == Shard(*shard)


@pytest.mark.parametrize(
    "written", ["2/2", "3/2", "0/0", "1", "a/b", "-1/2", "0/2/4", "", "0 / 2", "AUTO", "auto/2", "\u0661/\u0662"]
)
def test_a_shard_that_does_not_exist_is_refused_with_a_sentence(written: str) -> None:
    for parse in (Shard.parse, Shard.parse_setting):
        with pytest.raises(WrongUse, match=r"such as 0/\d"):
            parse(written)
