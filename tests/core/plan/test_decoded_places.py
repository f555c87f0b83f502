from collections.abc import Sequence
from dataclasses import replace

from mediaproc.core.decoding_budget import WHOLE, Amount
from mediaproc.core.plan.decoded_places import Timeline, portions

# 30 s at 25 pictures a second; the source's key frames are far apart, the output's are forced.
TIMES = [place * 0.04 for place in range(750)]
FILM = Timeline(
    length=30.0,
    times=TIMES,
    source_keys=[0.0, 10.0, 20.0],
    output_keys=[0.0, 5.0, 10.0, 15.0, 20.0, 25.0],
    sound_end=30.0,
)
SOME = Amount(places=3, slice=0.5, way=1.0, piece=4.0, key_frames=True)


def _rounded(*numbers: float) -> list[float]:
    return [round(number, 2) for number in numbers]


def _moments(timeline: Timeline, amount: Amount = SOME) -> Sequence[tuple[float, ...]]:
    return [tuple(round(moment, 2) for moment in portion.moments) for portion in portions(amount, timeline)]


def test_the_pictures_that_are_compared_are_soon_behind_key_frames_of_both_sides() -> None:
    middle, end, beginning = portions(SOME, FILM)
    # Both have a key frame at 10 and at 20; a seek finds it from the fourth picture behind it on.
    assert _rounded(*middle.moments) == [10.2]
    assert _rounded(middle.begin, middle.source_begin) == [10.18, 10.18]
    assert _rounded(*end.moments) == [20.2]
    assert _rounded(*beginning.moments) == [0.2]
    assert (beginning.begin, beginning.source_begin) == (0, 0)
    assert (middle.key_frames, end.key_frames, beginning.key_frames) == (True, False, False)


def test_a_place_whose_key_frames_are_too_far_apart_is_decoded_and_not_compared() -> None:
    apart = replace(FILM, source_keys=[0.0])
    middle, end, beginning = portions(SOME, apart)
    # The first place must compare something: a picture near the beginning. Of the last part a slice is decoded.
    assert _rounded(*middle.moments) == [0.4]
    assert _rounded(*end.moments, end.begin) == [25.18]
    assert _rounded(*beginning.moments) == [0.2]


def test_with_a_long_way_allowed_every_place_is_compared() -> None:
    apart = replace(FILM, source_keys=[0.0, 12.0])
    assert all(len(moments) == 1 for moments in _moments(apart, replace(SOME, way=30.0)))


def test_a_single_place_is_not_at_the_very_beginning() -> None:
    assert _moments(FILM, replace(SOME, places=1)) == [(10.2,)]


def test_a_film_that_is_decoded_in_full_is_compared_at_three_pictures() -> None:
    [whole] = portions(WHOLE, FILM)
    assert [round(moment, 2) for moment in whole.moments] == [3.0, 14.96, 26.96]
    assert (whole.begin, whole.piece) == (0, 0)


def test_sound_alone_has_a_slice_and_a_piece_at_each_place() -> None:
    sound = Timeline(length=30.0, sound_end=30.0)
    found = [(portion.begin, portion.piece, portion.piece_length) for portion in portions(SOME, sound)]
    assert found == [(15.0, 13.0, 4.0), (29.5, 26.0, 4.0), (3.0, 1.0, 4.0)]


def test_all_sound_is_compared_once() -> None:
    pieces = [portion.piece for portion in portions(replace(SOME, piece=float("inf")), FILM)]
    assert pieces == [0.0, None, None]


def test_sound_that_a_seek_cuts_is_compared_from_its_beginning() -> None:
    cut = replace(FILM, is_cut_by_seeks=True)
    pieces = [(portion.piece, portion.piece_length) for portion in portions(replace(SOME, cuts_sound=False), cut)]
    assert pieces == [(0.0, 4.0), (None, 0.0), (None, 0.0)]
    # Where something gives reason, it is worth the runs that its errors cost.
    assert [portion.piece for portion in portions(SOME, cut)] == [13.0, 26.0, 1.0]
