from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.shard import Shard
from mediaproc.core.tick_offset import SPREAD, tick_offset


@given(st.integers(1, 64), st.text(max_size=60))
def test_the_shards_of_a_site_tick_one_after_the_other_within_the_spread(total: int, host: str) -> None:
    offsets = [tick_offset(Shard(index, total), host=host) for index in range(total)]
    assert all(earlier < later for earlier, later in pairwise(offsets))
    assert offsets[0] >= 0
    assert offsets[-1] < SPREAD


def test_nodes_that_share_a_shard_come_apart_by_their_hosts() -> None:
    offsets = [tick_offset(Shard(0, 1), host=f"node-{number}") for number in range(20)]
    assert len(set(offsets)) == 20
    assert offsets == [tick_offset(Shard(0, 1), host=f"node-{number}") for number in range(20)]
