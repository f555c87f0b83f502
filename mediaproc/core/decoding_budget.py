"""How much of an output is decoded and compared with its source: a small part of the CPU time of its encode."""

import math
from dataclasses import dataclass

# The part of an encode's CPU time that its verification may decode for, and what is decoded for however short the film
# is (CPU s): a first picture and a second of sound on both sides.
_PART, _LEAST = 0.04, 0.06
# So much of it goes to sound, which is cheaper than pictures.
_PART_OF_SOUND = 0.4
# The budget of the first file of its kind on a node, as a multiple.
_FIRST_OF_ITS_KIND = 2.0

# An encode without its start (CPU s), and what it costs by pixels where there was none, since the picture was copied:
# veryfast, an ordinary film (CPU s for each megapixel).
_START, _PER_MEGAPIXEL = 0.08, 0.016

# Decoding costs so much of encoding: 0.13 to 0.43 at veryfast. A key picture costs as much as so many others.
_DECODED_TO_ENCODED, _KEY_TO_OTHERS = 0.35, 2.5
# A second of sound on both sides, decoded, made levels of and printed (CPU s).
_SOUND = 0.01

# A further place costs the start of an ffmpeg and the way from a key frame (CPU s).
_PLACE, _MOST_PLACES = 0.25, 3
# Opening an input costs (CPU s): pictures and sound of each side are inputs of their own, and the key frames.
_OPENING = 0.008
# The pictures that a place costs on each side before its slice begins, and a slice's least length (s).
_PICTURES_TO_A_PLACE, _LEAST_SLICE = 10, 0.2
# The least and the greatest length of a piece of sound (s): some syllables, and a few sentences.
_LEAST_PIECE, _MOST_PIECE = 1.5, 6.0

# Films up to this long are always decoded in full (s): less could not show whether the sound is late.
_ALWAYS_WHOLE = 0.5
# Where there is a reason: films up to this long are decoded in full, of longer ones this part, at least so much (s).
_WHOLE_BELOW, _DECODED_PART, _LEAST_DECODED = 6.0, 0.1, 2.0
# So much film (s) is decoded then for one picture: as much as there is between the key frames of most films.
_LONGEST_WAY = 12.0
# All sound of films up to this long (s) is compared then.
_ALL_SOUND_BELOW = 12.0


@dataclass(frozen=True, kw_only=True)
class Film:
    """What there is to decode; `length` (s) is None where nothing states it."""

    length: float | None
    pictures: int = 0
    key_pictures: int = 0
    # Pixels of one picture.
    pixels: int = 0
    # Whether pictures and sound are compared with the source's.
    compares_pictures: bool = False
    compares_sound: bool = False


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much is decoded."""

    # Whether the whole film is; else so many places of it, with a slice of this length (s) at each.
    is_whole: bool = False
    # Whether every key frame is.
    key_frames: bool = False
    places: int = 0
    slice: float = 0.0
    # How much film (s) may be decoded on both sides from key frames to the picture that is compared.
    way: float = 0.0
    # So much sound (s) is compared at each place; inf: all of it.
    piece: float = 0.0
    # Whether sound is also compared where a seek in the source cuts it: that takes runs of its own.
    cuts_sound: bool = True
    # CPU seconds after which no further place is begun.
    budget: float = math.inf


WHOLE = Amount(is_whole=True, places=1, piece=math.inf)


def amount(film: Film, *, encode_seconds: float | None, is_first: bool) -> Amount:
    """The amount for a film whose encode took so many CPU seconds; None: it was copied.

    `is_first`: nothing with these codecs, from such a container and by such a decision, was verified here before.
    """
    length, encode = film.length, _encode_seconds(film, encode_seconds)
    if length is None or length <= _ALWAYS_WHOLE:
        return WHOLE
    budget = whole_budget = max(_LEAST, _PART * encode) * (_FIRST_OF_ITS_KIND if is_first else 1.0)
    sides = 2 if film.compares_pictures else 1
    second = _DECODED_TO_ENCODED * encode / length
    sound = _SOUND if film.compares_sound else 0.0
    if length * (sides * second + sound) <= budget:
        return WHOLE
    places = max(1, min(_MOST_PLACES, int(budget / _PLACE)))
    budget -= (places * sides * (2 if sound else 1) + 1) * _OPENING
    piece = max(_LEAST_PIECE, min(_MOST_PIECE, _PART_OF_SOUND * budget / _SOUND / places)) if sound else 0.0
    budget -= places * piece * sound + (places - 1) * _START
    picture = second * length / max(1, film.pictures)
    key_frames = film.key_pictures * _KEY_TO_OTHERS * picture
    has_key_frames = 0 < key_frames <= budget / 2
    budget -= key_frames if has_key_frames else 0.0
    way = _PICTURES_TO_A_PLACE * length / max(1, film.pictures)
    slices = budget / places / second - sides * way if second else length
    slices = max(_LEAST_SLICE, min(slices, length / places))
    return Amount(
        key_frames=has_key_frames,
        places=places,
        slice=slices,
        way=max(slices, sides * way),
        cuts_sound=False,
        budget=whole_budget,
        piece=math.inf if places * piece >= length else piece,
    )


def full_amount(film: Film) -> Amount:
    """The amount where something gives reason to look closely."""
    length = film.length
    if length is None or length <= _WHOLE_BELOW:
        return WHOLE
    return Amount(
        key_frames=film.key_pictures > 0,
        places=_MOST_PLACES,
        slice=max(_LEAST_DECODED, length * _DECODED_PART) / _MOST_PLACES,
        way=_LONGEST_WAY,
        piece=math.inf if length <= _ALL_SOUND_BELOW else _MOST_PIECE,
    )


def _encode_seconds(film: Film, measured: float | None) -> float:
    if measured is not None:
        return max(0.0, measured - _START)
    return film.pixels * film.pictures / 1e6 * _PER_MEGAPIXEL
