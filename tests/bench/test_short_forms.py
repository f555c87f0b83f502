"""The short form of `make bench`: each benchmark runs, prints a ratio, and stays within its limit."""

import re

import pytest

from tests.bench.__main__ import BENCHES


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_tells_a_ratio_and_keeps_to_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert BENCHES[name](True) == 0  # noqa: FBT003 - short is the only option of a benchmark
    told = capsys.readouterr().out
    assert [float(times) for times in re.findall(r"(\d+\.\d+) times", told)], told
