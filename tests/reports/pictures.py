"""By how much a rendition shows its pictures later than its source does."""

from collections.abc import Iterator, Sequence
from statistics import median

from tests.reports.decoding import Picture
from tests.reports.reasons import NotMeasurable, Reason

# Pictures so far outside a window count for it too (s).
_AROUND = 0.5

# How far from its expected time a picture is searched for (s).
_REACH = 1.5

# Mean difference of greys up to which two pictures may be the same; and by how much every other one must differ more,
# as a factor and besides: where nothing moves, pictures cannot be told apart.
_SAME = 6.0
_OTHER = (1.5, 0.1)

# So many pictures that can be told apart are enough for a lag.
_ENOUGH = 3


def picture_lag(source: Sequence[Picture], output: Sequence[Picture], *, begin: float, end: float) -> float:
    """Seconds, the median over the pictures that the source shows from `begin` to `end`; both are sorted by time.

    The same picture is found by what it shows. Where too few can be told apart (a still, or a picture that was turned
    or toned down on purpose), it is the one with the same number, if there are as many. Raises NotMeasurable.
    """
    if not source or not output:
        raise NotMeasurable(Reason.PICTURES)
    near = [place for place, each in enumerate(source) if begin - _AROUND <= each.at <= end + _AROUND]
    lags = list(_lags_by_content(source, output, near)) if near else []
    if len(lags) >= _ENOUGH:
        return median(lags)
    if len(source) != len(output):
        raise NotMeasurable(Reason.PICTURES)
    places = near or [min(range(len(source)), key=lambda place: abs(source[place].at - begin))]
    return median(output[place].at - source[place].at for place in places)


def _lags_by_content(source: Sequence[Picture], output: Sequence[Picture], near: Sequence[int]) -> Iterator[float]:
    """The lag of each source picture that the output certainly shows, at the first of its most similar pictures."""
    candidates = [source[place] for place in near]
    origin = output[0].at - source[0].at
    first, last = candidates[0].at + origin - _REACH, candidates[-1].at + origin + _REACH
    showings: dict[float, list[tuple[float, float]]] = {}
    for shown in output:
        if first <= shown.at <= last:
            same, difference = _the_same(shown, candidates)
            if same is not None:
                showings.setdefault(same.at, []).append((difference, shown.at))
    for at, several in showings.items():
        least = min(difference for difference, _ in several)
        yield next(shown for difference, shown in several if not _differs_more(difference, least)) - at


def _the_same(shown: Picture, candidates: Sequence[Picture]) -> tuple[Picture | None, float]:
    """The candidate that it must be, if one is certain, and the least difference in greys."""
    differences = sorted((_difference(shown, each), place) for place, each in enumerate(candidates))
    least, place = differences[0]
    alone = all(_differs_more(difference, least) for difference, _ in differences[1:2])
    return (candidates[place] if alone and least <= _SAME else None), least


def _differs_more(difference: float, least: float) -> bool:
    factor, besides = _OTHER
    return difference > factor * least + besides


def _difference(one: Picture, other: Picture) -> float:
    return sum(abs(a - b) for a, b in zip(one.greys, other.greys, strict=True)) / len(one.greys)
