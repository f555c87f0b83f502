"""Recorded answers of ffprobe about real files lead to the recorded plans; `tests.golden.record` writes both."""

import json
from pathlib import Path

import pytest

from tests.golden.record import FACTS, PLANS, SOURCES
from tests.golden.writing import written

_RECORDED = sorted(FACTS.glob("*.json"))


@pytest.mark.parametrize("path", _RECORDED, ids=lambda path: path.stem)
def test_a_real_file_gives_the_plan_that_was_agreed(path: Path) -> None:
    assert written(json.loads(path.read_text())) == (PLANS / f"{path.stem}.txt").read_text()


def test_every_source_is_recorded() -> None:
    assert len(_RECORDED) == len(SOURCES) == len(list(PLANS.glob("*.txt")))


def test_no_recording_tells_who_filmed_what_and_where() -> None:
    for path in _RECORDED:
        text = path.read_text()
        assert '"location' not in text
        assert "handler_name" not in text
        assert "/work" not in text
