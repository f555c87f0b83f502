"""The filter graph of sound: two channels in step with the picture, whatever the source's channels and times are."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import ffmpeg
from mediaproc.core.plan.filter_graph import MOST_KEPT, Graph, written
from mediaproc.core.probe import AudioStream

_RATE = 48_000

# The layouts that ffmpeg's resampler mixes down to stereo by itself; of others it knows no speakers.
_MIXED_BY_FFMPEG = frozenset({
    "mono", "stereo", "downmix", "2.1", "3.0", "3.0(back)", "3.1", "4.0", "4.1", "quad", "quad(side)", "5.0",
    "5.0(side)", "5.1", "5.1(side)", "6.0", "6.0(front)", "hexagonal", "6.1", "6.1(back)", "6.1(front)", "7.0",
    "7.0(front)", "7.1", "7.1(wide)", "7.1(wide-side)", "octagonal", "hexadecagonal", "22.2",
})  # fmt: skip
# Where no layout is named, ffmpeg guesses one for up to so many channels.
_GUESSED = 8
_STEREO = 2

# Full scale less 1 dB: the encoder's own error must not clip what the limiter lets pass.
_LOUDEST = 0.891


def audio_graph(streams: Sequence[AudioStream], *, delay: float = 0.0) -> Graph:
    """Stereo at 48 kHz, in step with the picture, out of one stream or of two mono ones that are left and right.

    `delay`: so much silence (s) is put before it.
    """
    return _audio_graph(tuple(stream.unwalked for stream in streams), delay=delay)


@lru_cache(maxsize=MOST_KEPT)
def _audio_graph(streams: tuple[AudioStream, ...], *, delay: float) -> Graph:
    sound = stereo(ffmpeg.input("source"), streams, in_step=True)
    if delay > 0:
        sound = sound.filter("adelay", delays=round(delay * 1000), all=1)
    return written(sound, label="sound")


def stereo(source: Any, streams: Sequence[AudioStream], *, in_step: bool) -> Any:  # noqa: ANN401 - no types
    """The streams of a source as two channels.

    `in_step`: the sound follows its times, with silence in holes and drift stretched away; else sample follows sample.
    """
    match streams:
        case [left, right]:
            sides = [_resampled(source[str(side.index)], layout="mono", in_step=in_step) for side in (left, right)]
            return ffmpeg.filter(sides, "join", inputs=2, channel_layout="stereo")
        case [one]:
            sound = source[str(one.index)]
            if not _is_mixed_by_ffmpeg(one):
                sound = _spread(sound, channels=one.channels)
            sound = _resampled(sound, layout="stereo", in_step=in_step)
            # Loud channels that are added up go beyond full scale: those of 5.1 by 5.7 dB. Two channels are left alone.
            limits = {"limit": _LOUDEST, "level": 0, "latency": 1}
            return sound.filter("alimiter", **limits) if one.channels > _STEREO else sound
        case _:
            raise ValueError(f"a rendition has one sound, or two sides of one, not {len(streams)}")


def _resampled(sound: Any, *, layout: str, in_step: bool) -> Any:  # noqa: ANN401 - ffmpeg-python ships no types
    # Holes are filled with silence, drift is stretched away. flags=res: else a resampler whose input has the right rate
    # already begins anew at the first stretch, and forgets what it was about to correct. No first_pts=0: a resampler
    # that begins anew, also with each change of channels, would put in as much silence as has played so far.
    # The resampler jumps from 50 ms on, instead of 100: at 20 ms a second it would not catch up before the next word.
    options: dict[str, object] = {"async": 1000, "flags": "res", "min_hard_comp": 0.05} if in_step else {}
    sound = sound.filter("aresample", _RATE, **options)
    return sound.filter("aformat", channel_layouts=layout)


def _is_mixed_by_ffmpeg(audio: AudioStream) -> bool:
    return audio.layout in _MIXED_BY_FFMPEG or (not audio.layout and audio.channels <= _GUESSED)


def _spread(sound: Any, *, channels: int) -> Any:  # noqa: ANN401
    """The even channels to the left, the odd ones to the right: no layout says which channel is where.

    Most such recordings have a microphone for each channel, so it is their powers that add up: `<` takes the mean.
    """
    sides = ("+".join(f"c{place}" for place in range(side, channels, 2)) for side in (0, 1))
    sound = sound.filter("pan", "|".join(("stereo", *(f"c{side}<{inputs}" for side, inputs in enumerate(sides)))))
    return sound.filter("volume", f"{math.sqrt(channels / _STEREO):.4f}")
