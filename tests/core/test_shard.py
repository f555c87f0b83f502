import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import WrongUse
from mediaproc.core.shard import Shard


@given(st.integers(1, 200), st.integers(1, 10**15))
def test_every_task_belongs_to_exactly_one_shard_of_a_total(total: int, task_id: int) -> None:
    owners = [index for index in range(total) if Shard(index, total).owns(task_id)]
    assert owners == [task_id % total]


@given(st.integers(1, 999_999).flatmap(lambda total: st.tuples(st.integers(0, total - 1), st.just(total))))
def test_what_is_written_is_read_again(shard: tuple[int, int]) -> None:
    assert Shard.parse(str(Shard(*shard))) == Shard(*shard)


@pytest.mark.parametrize("written", ["2/2", "3/2", "0/0", "1", "a/b", "-1/2", "0/2/4", "", "0 / 2", "\u0661/\u0662"])
def test_a_shard_that_does_not_exist_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(WrongUse, match=r"such as 0/\d"):
        Shard.parse(written)
