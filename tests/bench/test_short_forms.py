"""The short form of `make bench`: each benchmark runs and prints a ratio; what the ratio is, no test asserts."""

import re

import pytest

from tests.bench.__main__ import BENCHES


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_runs_and_tells_a_ratio(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert BENCHES[name](True) == 0  # noqa: FBT003 - short is the only option of a benchmark
    told = capsys.readouterr().out
    assert [float(times) for times in re.findall(r"(\d+\.\d+) times", told)], told
