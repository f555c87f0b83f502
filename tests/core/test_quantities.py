import pytest

from mediaproc.core.quantities import told_length, told_size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0 s"), (6.85, "6.8 s"), (8.0, "8 s"), (20.0, "20 s"), (299, "299 s"), (330, "5.5 min"), (9000, "2.5 h")],
)
def test_a_length_is_told_as_people_tell_it(seconds: float, words: str) -> None:
    assert told_length(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(5_000, "5000 bytes"), (12_345, "12.3 kB"), (2_000_000, "2 MB"), (64 * 1024**3, "68.7 GB")],
)
def test_a_size_is_told_in_a_unit_that_says_something(size: int, words: str) -> None:
    assert told_size(size) == words
