"""The threads of an encode, by what is still to be encoded after it."""

import pytest

from mediaproc.core.encode_threads import encode_threads

# CPUs and slots: the threads of an encode with 0, 1, 2, ... tasks behind it in the line.
TABLE = {
    (1, 1): [1, 1, 1],
    (2, 2): [2, 2, 1, 1],
    (2, 1): [2, 2, 2],
    (2, 8): [2, 2, 1, 1, 1, 1, 1, 1, 1],
    (4, 4): [4, 3, 2, 2, 1, 1],
    (8, 8): [8, 6, 4, 4, 3, 3, 2, 2, 1, 1],
    (8, 2): [8, 6, 4, 4],
    (8, 1): [8, 8],
    (64, 64): [16, 16, 16, 16, 16, 16, 16, 15, 13, 12],
    (64, 8): [16, 16, 16, 16, 16, 16, 16, 15, 8, 8],
}


@pytest.mark.parametrize(("cpus", "slots"), TABLE.keys())
def test_the_last_encodes_of_a_queue_share_all_cores(cpus: int, slots: int) -> None:
    threads = TABLE[cpus, slots]
    assert [encode_threads(cpus=cpus, slots=slots, waiting=each) for each in range(len(threads))] == threads


@pytest.mark.parametrize("cpus", [2, 8, 64])
def test_of_the_last_encodes_no_core_is_idle_when_one_ends(cpus: int) -> None:
    last = [encode_threads(cpus=cpus, slots=cpus, waiting=each) for each in range(cpus)]
    for ended in range(cpus):
        assert sum(last) - last[ended] >= cpus


@pytest.mark.parametrize("cpus", [2, 8, 64])
def test_with_a_long_queue_each_encode_has_one_core(cpus: int) -> None:
    assert encode_threads(cpus=cpus, slots=cpus, waiting=cpus) == 1
    assert encode_threads(cpus=cpus, slots=cpus, waiting=10 * cpus) == 1
