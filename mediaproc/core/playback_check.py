"""Whether a player shows an output as planned: sound in step, pictures at their times, key frames to seek to."""

from mediaproc.core import tolerance
from mediaproc.core.expectation import Expectation, Medium, OutputFacts
from mediaproc.core.packets import PacketFacts
from mediaproc.core.playback_timing import AAC_FRAME, displacement, drift, squeezed


def playback_fault(facts: OutputFacts, expectation: Expectation) -> str | None:
    """What a viewer of an mp4 would notice, as the end of "The output is not what was planned: ..."; None: nothing."""
    if expectation.medium is not Medium.VIDEO:
        return None
    pictures, sound = facts.video_packets or PacketFacts(), facts.audio_packets or PacketFacts()
    rate = facts.probe.audios[0].sample_rate if facts.probe.audios else 0
    return (
        (_sound_fault(sound, step=AAC_FRAME / rate) if rate else None)
        or _length_fault(sound, pictures, expectation)
        or _picture_fault(pictures, expectation, damaged=facts.complained)
    )


def _sound_fault(sound: PacketFacts, *, step: float) -> str | None:
    if squeezed(sound.times, step=step) > tolerance.MOST_SQUEEZED_PACKETS:
        return "packets of its sound have less time than they last"
    apart = drift(sound.times, step=step)
    return f"its sound drifts by {apart * 1000:.0f} ms in a browser" if apart > tolerance.AUDIO_DRIFT else None


def _length_fault(sound: PacketFacts, pictures: PacketFacts, expectation: Expectation) -> str | None:
    wanted, found = expectation.timing.audio_end, sound.until
    if wanted is None or found is None:
        return None
    longest = max(wanted, pictures.until or 0.0)
    too_long = found > longest + max(tolerance.LONGER_AUDIO, tolerance.LONGER_AUDIO_PART * longest)
    return f"its sound lasts {found:.1f} s and not {longest:.1f} s" if too_long else None


def _picture_fault(pictures: PacketFacts, expectation: Expectation, *, damaged: bool) -> str | None:
    found = sorted(pictures.times)[: -1 if expectation.timing.repeats_last_picture else None]
    # ffmpeg may guess other times when it reads a damaged source a second time.
    apart = displacement(() if damaged else expectation.timing.times, found)
    if apart > tolerance.PICTURE_DISPLACEMENT:
        return f"a picture of it is shown {apart * 1000:.0f} ms off"
    if pictures.longest_gop > tolerance.LONGEST_GOP + pictures.longest_gap:
        return f"it has no key frame for {pictures.longest_gop:.0f} s"
    return None
