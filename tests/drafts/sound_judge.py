"""The right tone at the right time and as loud as it should be: measured by Goertzel, from the draft's JSON alone."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.drafts.materials import tone_of
from tests.drafts.reading import Draft, Segment
from tests.drafts.rendition import SAMPLE_RATE, Array, samples_of

# Seconds of a measurement, and between two of them.
_WINDOW = 0.08
_STEP = 0.1
# Shares of a tone as it was recorded: below the first it is silence, and nothing else may be as loud as the second.
_SILENT = 0.02
_HEARD = 0.04
_NOT_HEARD = 99.0


@dataclass(kw_only=True)
class SoundFindings:
    measured: int = 0
    worst_gain: float = 0.0
    # Frames of the timeline.
    starts: int = 0
    worst_start: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Heard:
    segment: Segment
    hertz: float
    recorded: float

    def is_heard(self, at: float) -> bool:
        return self.segment.start <= at < self.segment.start + self.segment.duration

    def amplitude(self, at: float) -> float:
        """By volume, keyframes and fades, at a time of the timeline."""
        if not self.is_heard(at):
            return 0.0
        into, left = at - self.segment.start, self.segment.start + self.segment.duration - at
        gain = self.segment.value("KFTypeVolume", into, self.segment.volume)
        for fade in self.segment.extras.get("audio_fades", []):
            if fade["fade_in_duration"]:
                gain *= min(into / (fade["fade_in_duration"] / 1e6), 1)
            if fade["fade_out_duration"]:
                gain *= min(left / (fade["fade_out_duration"] / 1e6), 1)
        return self.recorded * gain


def judge_sound(draft: Draft, samples: Array, *, files: Mapping[str, Path]) -> SoundFindings:
    """Measure every tone of the draft on both channels, all along the timeline."""
    found = SoundFindings()
    heard = _sounds(draft, files=files)
    for hertz in sorted({each.hertz for each in heard}):
        sounds = [each for each in heard if each.hertz == hertz]
        _measure(sounds, samples, found, length=draft.frames / draft.rate)
        for each in sounds:
            _find_start(each, sounds, samples, found, rate=draft.rate)
    return found


def _sounds(draft: Draft, *, files: Mapping[str, Path]) -> list[_Heard]:
    sounds = []
    for track in draft.tracks:
        for segment in track.segments if track.kind in {"video", "audio"} else []:
            tone = tone_of(segment.name)
            if tone:
                hertz = tone * (segment.speed if segment.pitch_follows else 1.0)
                recorded = recorded_amplitude(files[segment.name], tone) * (not track.is_muted)
                sounds.append(_Heard(segment=segment, hertz=hertz, recorded=recorded))
    return sounds


def recorded_amplitude(path: Path, hertz: float) -> float:
    """Of a material's tone, in its middle."""
    samples = samples_of(path)
    middle = len(samples) // 2
    return amplitude(samples[middle : middle + round(0.2 * SAMPLE_RATE), 0], hertz)


def amplitude(samples: Array, hertz: float) -> float:
    """Of one tone in these samples, by Goertzel's sum under a Hann window."""
    return float(abs(samples @ _turning(len(samples), hertz))) if len(samples) else 0.0


@lru_cache(maxsize=256)
def _turning(length: int, hertz: float) -> npt.NDArray[np.complex128]:
    window = np.hanning(length)
    turned = np.exp(-2j * math.pi * hertz * np.arange(length) / SAMPLE_RATE)
    return np.asarray(2 * window * turned / window.sum())


def _measure(sounds: list[_Heard], samples: Array, found: SoundFindings, *, length: float) -> None:
    half = _WINDOW / 2
    hertz, recorded = sounds[0].hertz, max(each.recorded for each in sounds) or 0.11
    for place in range(int((length - _WINDOW) / _STEP)):
        at = half + place * _STEP
        around = (at - half - 0.02, at - half / 2, at, at + half / 2, at + half + 0.02)
        expected = [sum(each.amplitude(time) for each in sounds) for time in around]
        level = _loudest(samples, at, hertz) if expected[2] == 0 else _quietest(samples, at, hertz)
        where = f"{hertz:.0f} Hz at {at:.2f} s"
        if max(expected) == 0:
            found.measured += 1
            if level > recorded * _HEARD:
                found.faults.append(f"{where}: heard, but should not be")
        elif min(expected) > recorded * _SILENT and _is_even(sounds, around, expected):
            found.measured += 1
            off = abs(20 * math.log10(max(level, 1e-6) / expected[2]))
            found.worst_gain = max(found.worst_gain, min(off, _NOT_HEARD))
            if off > 0.5:
                found.faults.append(f"{where}: {20 * math.log10(max(level, 1e-6) / expected[2]):+.1f} dB")


def _is_even(sounds: list[_Heard], around: tuple[float, ...], expected: list[float]) -> bool:
    """Whether the level goes on in a straight line: no beginning, end or corner lies within."""
    is_same = {tuple(each.is_heard(time) for each in sounds) for time in around}
    tolerance = 0.01 * max(expected)
    middle = abs((expected[0] + expected[-1]) / 2 - expected[2]) < tolerance
    return len(is_same) == 1 and middle and abs((expected[1] + expected[3]) / 2 - expected[2]) < tolerance


def _find_start(each: _Heard, sounds: list[_Heard], samples: Array, found: SoundFindings, *, rate: float) -> None:
    """Where a tone sets in after silence: half as loud as soon after."""
    start = each.segment.start
    if any(other.amplitude(start - 0.03) for other in sounds) or start < 0.06:
        return
    if not each.recorded or each.amplitude(start + 0.001) < each.recorded * 0.2:
        return
    window, step = 0.012, 0.001
    times = np.arange(start - 0.05, start + 0.06, step)
    levels = [_quietest(samples, time, each.hertz, length=window) for time in times]
    full = _quietest(samples, start + 0.08, each.hertz, length=window)
    first = next((time for time, level in zip(times, levels, strict=True) if level > full / 2), None)
    off = _NOT_HEARD if first is None else abs(float(first) - start) * rate
    found.starts += 1
    found.worst_start = max(found.worst_start, off)
    if off > 1:
        found.faults.append(f"{each.hertz:.0f} Hz sets in {off:.1f} frames off {start:.2f} s")


def _levels(samples: Array, at: float, hertz: float, length: float) -> list[float]:
    first = max(round((at - length / 2) * SAMPLE_RATE), 0)
    part = samples[first : first + round(length * SAMPLE_RATE)]
    return [amplitude(part[:, channel], hertz) for channel in range(2)]


def _quietest(samples: Array, at: float, hertz: float, *, length: float = _WINDOW) -> float:
    return min(_levels(samples, at, hertz, length))


def _loudest(samples: Array, at: float, hertz: float) -> float:
    return max(_levels(samples, at, hertz, _WINDOW))
