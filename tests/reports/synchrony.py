"""How far a rendition's sound is from its picture, compared with its source; it shares no code with the product.

A source's sound is placed by its timestamps, with silence in the gaps, as ffmpeg plays it; a rendition's packets
follow each other without gaps, as a browser plays them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.reports.decoding import Decoded, SoundTiming, Undecodable, decoded
from tests.reports.envelopes import Envelope, envelope, lag
from tests.reports.flashes import beeps, flashes
from tests.reports.pictures import picture_lag
from tests.reports.reasons import SUSPICIOUS, NotMeasurable, Reason

# Sound is compared in at most so many windows, evenly spread, each so long (ms); a window that tells nothing is halved.
_WINDOWS = 9
_WINDOW = 4000
_LEAST_WINDOW = 2000

# Samples that last so many times as long as their timestamps say would overlap.
_CROWDED = 1.5

# How far from the picture its sound is searched for (ms).
_REACH = 3000

# A flash and a beep that are farther apart than this in the source are no pair (s).
_PAIR = 0.3


class Method(StrEnum):
    """How sound and picture of the source are recognised in the rendition."""

    FLASHES = "flash and beep"
    ENVELOPES = "envelopes"


@dataclass(frozen=True, kw_only=True)
class Film:
    """A rendition, and its source; `expect` as make_cases.py has it, where the source was made there."""

    name: str
    source: Path
    output: Path
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """How much too late the sound comes (ms, below 0: too early), `at` seconds of the source."""

    at: float
    displacement: float


@dataclass(frozen=True, kw_only=True)
class Synchrony:
    """The measured moments of one rendition, and the reasons why other places could not be measured."""

    method: Method
    moments: Sequence[Moment] = ()
    unmeasured: Sequence[Reason] = ()

    @property
    def largest(self) -> Moment | None:
        """The moment with the largest displacement; None where nothing could be measured."""
        return max(self.moments, key=lambda moment: abs(moment.displacement), default=None)

    @property
    def reason(self) -> Reason | None:
        """A reason why some place could not be measured; a suspicious one, where there is one."""
        return min(self.unmeasured, key=lambda reason: reason not in SUSPICIOUS, default=None)

    @property
    def is_suspicious(self) -> bool:
        """Whether a place could not be measured that can be measured in a good rendition."""
        return self.reason in SUSPICIOUS


def synchrony(film: Film) -> Synchrony | None:
    """By flash and beep where the source was made with them, else by envelopes; None without both sound and picture."""
    made = bool(film.expect.get("beep") or film.expect.get("like_source"))
    try:
        output = decoded(film.output, SoundTiming.BACK_TO_BACK)
    except Undecodable:
        return Synchrony(method=Method.FLASHES if made else Method.ENVELOPES, unmeasured=(Reason.UNDECODABLE,))
    if not output.pictures or not output.energies:
        return None
    try:
        source = decoded(film.source, SoundTiming.BY_TIMES)
    except Undecodable:
        source = Decoded(pictures=(), begin=0, energies=(), sounding=0.0)
    return by_flash_and_beep(source, output, expect=film.expect) if made else by_envelopes(source, output)


def by_flash_and_beep(source: Decoded, output: Decoded, *, expect: Mapping[str, Any]) -> Synchrony:
    """Each beep's distance from its flash, compared with that in the film as it was made, or in the source: the nearer.

    Neither is exact by itself. How a film was made leaves out what decoders delay (17 ms of MP3 in AVI) and the half
    picture by which a cut misses; and a source's times are in places its demuxer's guess (where AAC changes its rate).
    """
    found, own = _beats(output), _beats(source)
    made = own if expect.get("like_source") else _made(expect, beeps_found=len(found.beeps))
    pairs = list(made.pairs())
    if made.counts != found.counts or not pairs:
        return Synchrony(method=Method.FLASHES, unmeasured=(Reason.COUNTS,))
    references = [made, own] if own.counts == found.counts else [made]
    moments = [
        Moment(
            at=made.beeps[beep],
            displacement=min(
                (1000 * (found.apart(flash, beep) - reference.apart(flash, beep)) for reference in references), key=abs
            ),
        )
        for flash, beep in pairs
    ]
    return Synchrony(method=Method.FLASHES, moments=moments)


def by_envelopes(source: Decoded, output: Decoded) -> Synchrony:
    """By how loud the sound is from moment to moment, and by when the same pictures are shown."""
    if not source.energies:
        return Synchrony(method=Method.ENVELOPES, unmeasured=(Reason.UNDECODABLE,))
    if source.sounding * 1000 > _CROWDED * len(source.energies):
        return Synchrony(method=Method.ENVELOPES, unmeasured=(Reason.CLOCK,))
    films = _Films(
        source=source,
        output=output,
        before=envelope(source.energies, begin=source.begin),
        after=envelope(output.energies, begin=output.begin),
    )
    found = [each for begin, end in _windows(source) for each in films.look(begin, end)]
    return Synchrony(
        method=Method.ENVELOPES,
        moments=[each for each in found if isinstance(each, Moment)],
        unmeasured=[each for each in found if isinstance(each, Reason)],
    )


@dataclass(frozen=True, kw_only=True)
class _Beats:
    """When a film's flashes and beeps begin (s)."""

    flashes: Sequence[float]
    beeps: Sequence[float]

    @property
    def counts(self) -> tuple[int, int]:
        return len(self.flashes), len(self.beeps)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """The numbers of each flash and the beep that belongs to it; some beeps have none."""
        for beep, at in enumerate(self.beeps):
            for flash, lit in enumerate(self.flashes):
                if abs(lit - at) < _PAIR:
                    yield flash, beep

    def apart(self, flash: int, beep: int) -> float:
        """Seconds from a flash to its beep."""
        return self.beeps[beep] - self.flashes[flash]


def _beats(film: Decoded) -> _Beats:
    return _Beats(flashes=flashes(film), beeps=beeps(film))


def _made(expect: Mapping[str, Any], *, beeps_found: int) -> _Beats:
    """As the film was made; where either of two rows of beeps is right, the one with as many as were found."""
    either = [expect["beep"], expect.get("or_beep", expect["beep"])]
    heard = next((each for each in either if len(each) == beeps_found), expect["beep"])
    return _Beats(flashes=expect["flash"], beeps=heard)


def _windows(source: Decoded) -> Iterator[tuple[int, int]]:
    """From the sound's begin to its end."""
    length = len(source.energies)
    size = min(_WINDOW, length)
    count = min(_WINDOWS, length // size)
    for number in range(count):
        begin = source.begin + round((length - size) * number / max(1, count - 1))
        yield begin, begin + size


@dataclass(frozen=True, kw_only=True)
class _Films:
    """Both films, and the envelopes of their sounds."""

    source: Decoded
    output: Decoded
    before: Envelope
    after: Envelope

    def look(self, begin: int, end: int) -> Sequence[Moment | Reason]:
        """What the window tells, or its halves."""
        try:
            return [self._measure(begin, end)]
        except NotMeasurable as not_measurable:
            middle = (begin + end) // 2
            if middle - begin < _LEAST_WINDOW:
                return [not_measurable.reason]
        return [*self.look(begin, middle), *self.look(middle, end)]

    def _measure(self, begin: int, end: int) -> Moment:
        picture = 1000 * picture_lag(self.source.pictures, self.output.pictures, begin=begin / 1000, end=end / 1000)
        sound = lag(self.before, self.after, begin=begin, end=end, expected=round(picture), reach=_REACH)
        return Moment(at=begin / 1000, displacement=sound.milliseconds - picture)
