import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.progress import Progress, ProgressParser, StepsProgress
from mediaproc.core.step import Step


def _feed(parser: ProgressParser, **fields: object) -> Progress:
    for key, value in fields.items():
        assert parser.feed(f"{key}={value}\n") is None
    progress = parser.feed("progress=continue\n")
    assert progress is not None
    return progress


def test_a_block_tells_how_far_it_is() -> None:
    progress = _feed(ProgressParser(20), frame=125, out_time_us=5_000_000, speed="2.5x", total_size=4096)
    assert progress == Progress(seconds=5.0, fraction=0.25, frames=125, size=4096)


def test_without_a_length_there_is_no_fraction() -> None:
    progress = _feed(ProgressParser(None), out_time_us=5_000_000, speed="2.5x")
    assert progress.fraction is None


def test_what_ffmpeg_does_not_know_yet_is_nothing_done() -> None:
    progress = _feed(ProgressParser(20), frame=0, out_time_us="N/A", speed="N/A", total_size="N/A")
    assert progress == Progress(seconds=0.0, fraction=0.0)


def test_progress_never_steps_back_and_never_exceeds_the_whole() -> None:
    parser = ProgressParser(10)
    assert _feed(parser, out_time_us=8_000_000).fraction == pytest.approx(0.8)
    assert _feed(parser, out_time_us=-9_223_372_036_854_775_807).fraction == pytest.approx(0.8)
    assert _feed(parser, out_time_us=30_000_000).fraction == 1.0


@given(lines=st.lists(st.text(max_size=60) | st.sampled_from(["progress=end", "out_time_us=nan", "speed=infx"])))
def test_no_line_breaks_it(lines: list[str]) -> None:
    parser = ProgressParser(5)
    for line in lines:
        parser.feed(line)


@given(told=st.floats() | st.text(max_size=40) | st.sampled_from(["1e-300", "1", "-1", "9" * 40, "1e308"]))
def test_a_fraction_is_one_that_a_column_of_four_bytes_can_hold(told: object) -> None:
    fraction = _feed(ProgressParser(21_600), out_time_us=told).fraction
    assert fraction is not None
    assert fraction == 0 or 0.0001 <= fraction <= 1


def test_a_whole_that_is_longer_than_any_film_breaks_nothing() -> None:
    assert _feed(ProgressParser(1e300), out_time_us=1).fraction == 0


def _steps(*frames: int) -> tuple[Step, ...]:
    return tuple(Step(name=f"step {n}", arguments=(), output="film", frames=n) for n in frames)


def test_several_steps_are_as_far_as_their_pictures_together() -> None:
    progress = StepsProgress(_steps(0, 30, 10), duration=4.0)
    told = [
        progress.of(place, Progress(seconds=0.0, fraction=None, frames=frames))
        for place, frames in ((0, 0), (1, 15), (1, 33), (2, 5), (2, 4), (2, 10))
    ]
    assert [each.fraction for each in told] == [0.0, 0.375, 0.75, 0.875, 0.875, 1.0]
    assert [each.frames for each in told] == [0, 15, 30, 35, 35, 40]
    assert [each.seconds for each in told] == [0.0, 1.5, 3.0, 3.5, 3.5, 4.0]


def test_steps_without_pictures_count_alike() -> None:
    progress = StepsProgress(_steps(0, 0), duration=None)
    assert [progress.of(place, Progress(seconds=1.0, fraction=None)).fraction for place in (0, 1)] == [0.0, 0.5]
