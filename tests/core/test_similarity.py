import math
from random import Random

import pytest

from mediaproc.core.similarity import CELLS_A_SIDE, STEP, Cells, Side, difference, lag

STRIPES: Cells = tuple((90.0 + 5 * place, 100.0 + 3 * place, 150.0 - 4 * place) for place in range(CELLS_A_SIDE**2))


def _speech(seconds: float = 6.0, *, late: float = 0.0) -> dict[int, float]:
    """Loudness with syllables that no two seconds have alike."""
    dice = Random(7)  # noqa: S311 - no secret
    syllables = [(dice.uniform(0.2, seconds - 0.5), dice.uniform(0.05, 0.3), dice.random()) for _ in range(20)]
    found = {}
    for step in range(round(seconds / STEP)):
        at = step * STEP - late
        found[step] = 0.01 + sum(loud for begin, lasts, loud in syllables if begin <= at < begin + lasts)
    return found


def _moved(cells: Cells, by: float) -> Cells:
    return tuple((luma + by, blue, red) for luma, blue, red in cells)


def test_what_looks_and_sounds_alike_is_alike() -> None:
    side = Side(pictures={1.0: STRIPES}, sound={0.0: _speech()})
    assert difference(side, Side(pictures={1.0: _moved(STRIPES, 1.5)}, sound={0.0: _speech()})) is None


@pytest.mark.parametrize("by", [7.0, 40.0, -100.0])
def test_another_picture_and_other_colours_are_noticed(by: float) -> None:
    wrong = Side(pictures={1.0: STRIPES, 5.0: _moved(STRIPES, by)})
    right = Side(pictures={1.0: STRIPES, 5.0: STRIPES})
    assert difference(right, wrong) == "the picture at 5.0 s is not the source's"


def test_one_cell_of_another_film_is_noticed() -> None:
    wrong = (*STRIPES[:-1], (235.0, 128.0, 128.0))
    assert difference(Side(pictures={1.0: STRIPES}), Side(pictures={1.0: wrong})) is not None


def test_a_moment_that_one_side_lacks_tells_nothing() -> None:
    assert difference(Side(pictures={1.0: STRIPES}), Side()) is None
    assert difference(Side(pictures={1.0: STRIPES * 2}), Side(pictures={1.0: STRIPES})) is None


@pytest.mark.parametrize("late", [0.1, 0.25, -0.4])
def test_sound_that_is_late_or_early_is_noticed(late: float) -> None:
    found = difference(Side(sound={7.0: _speech()}), Side(sound={7.0: _speech(late=late)}))
    assert found == f"its sound is {abs(late) * 1000:.0f} ms {'late' if late > 0 else 'early'} at 7.0 s"
    assert lag(_speech(), _speech(late=late)) == pytest.approx(late, abs=STEP)


def test_less_than_anybody_notices_is_no_fault() -> None:
    assert difference(Side(sound={0.0: _speech()}), Side(sound={0.0: _speech(late=0.02)})) is None


def test_silence_where_the_source_is_heard_is_noticed() -> None:
    silent = dict.fromkeys(_speech(), 0.0)
    assert difference(Side(sound={0.0: _speech()}), Side(sound={0.0: silent})) == "its sound is silent at 0.0 s"
    assert difference(Side(sound={0.0: silent}), Side(sound={0.0: silent})) is None


def test_sound_that_tells_no_time_is_passed_over() -> None:
    tone = dict.fromkeys(_speech(), 0.5)
    assert lag(tone, tone) is None
    assert lag(_speech(0.8), _speech(0.8)) is None
    other = {step: abs(math.sin(step * 0.37)) for step in _speech()}
    assert lag(_speech(), other) is None
