import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.decoding_budget import WHOLE, Amount, Film, amount, full_amount

# Half a minute at 25 pictures a second, compared with its source.
FILM = Film(length=30.0, pictures=750, key_pictures=6, pixels=1280 * 720, compares_pictures=True, compares_sound=True)


def test_four_hundredths_of_an_encode_are_spent_on_three_places() -> None:
    # Of 0.04 * 20 s: 0.1 go to openings, 0.18 to sound, 0.16 to two more starts, 0.14 to the key frames: too little is
    # left for a picture on both sides and a longer slice at each place.
    assert _rounded(amount(FILM, encode_seconds=20.08, is_first=False)) == Amount(
        key_frames=True, places=3, slice=0.2, way=0.8, piece=6.0, budget=0.8, cuts_sound=False
    )


def test_a_short_encode_buys_one_place() -> None:
    bought = _rounded(amount(replace(FILM, length=10.0, pictures=250), encode_seconds=3.08, is_first=False))
    assert (bought.places, bought.budget, bought.piece) == (1, 0.12, 3.2)


def test_the_first_of_its_kind_is_given_twice_as_much() -> None:
    once, again = (_rounded(amount(FILM, encode_seconds=20.08, is_first=first)) for first in (True, False))
    assert (once.budget, again.budget) == (1.6, 0.8)
    assert once.slice > again.slice
    assert once.key_frames


def _rounded(bought: Amount) -> Amount:
    return replace(
        bought,
        slice=round(bought.slice, 6),
        way=round(bought.way, 6),
        piece=round(bought.piece, 6),
        budget=round(bought.budget, 6),
    )


@pytest.mark.parametrize("length", [None, 0.2, 0.5])
def test_a_very_short_or_unmeasured_film_is_decoded_in_full(length: float | None) -> None:
    assert amount(replace(FILM, length=length), encode_seconds=100.0, is_first=False) == WHOLE
    assert full_amount(replace(FILM, length=length)) == WHOLE


def test_a_small_picture_that_costs_nothing_is_decoded_in_full() -> None:
    small = replace(FILM, length=2.0, pictures=50)
    assert amount(small, encode_seconds=0.1, is_first=False) == WHOLE


def test_a_copy_costs_what_its_encode_would_have_cost() -> None:
    copied = replace(FILM, compares_pictures=False, compares_sound=False)
    encode = 750 * 1280 * 720 * 0.016 / 1e6
    by_estimate = amount(copied, encode_seconds=None, is_first=False)
    assert by_estimate == amount(copied, encode_seconds=encode + 0.08, is_first=False)
    assert by_estimate.piece == 0


def test_key_frames_that_would_take_more_than_half_are_left_out() -> None:
    assert not amount(replace(FILM, key_pictures=750), encode_seconds=20.08, is_first=False).key_frames


def test_with_a_reason_a_tenth_is_decoded_at_three_places() -> None:
    assert full_amount(FILM) == Amount(key_frames=True, places=3, slice=1.0, way=12.0, piece=6.0)
    assert full_amount(replace(FILM, length=6.0)) == WHOLE
    assert math.isinf(full_amount(replace(FILM, length=11.0)).piece)


@given(
    length=st.none() | st.floats(min_value=-1, max_value=1e6),
    encode=st.none() | st.floats(min_value=0, max_value=1e6),
    pictures=st.integers(0, 10**8),
    keys=st.integers(0, 10**8),
    first=st.booleans(),
)
def test_any_film_is_given_something(
    length: float | None,
    encode: float | None,
    pictures: int,
    keys: int,
    first: bool,  # noqa: FBT001
) -> None:
    film = replace(FILM, length=length, pictures=pictures, key_pictures=keys)
    for given_amount in (amount(film, encode_seconds=encode, is_first=first), full_amount(film)):
        assert given_amount.is_whole or (1 <= given_amount.places <= 3 and given_amount.slice > 0)
