from dataclasses import replace

import pytest

from mediaproc.core.errors import AttemptFailed
from mediaproc.core.expectation import CopiedStreams, Expectation, ExpectedStreams, ExpectedTiming, Medium, OutputFacts
from mediaproc.core.limits import Limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.playback_check import playback_fault
from mediaproc.core.probe import AudioStream, Probe
from mediaproc.core.verification import judge

STEP = 1024 / 48000
TIMES = [place * STEP for place in range(938)]
SOUND = PacketFacts(count=938, first=0.0, last=TIMES[-1], last_duration=STEP, times=TIMES)
SHOWN = [place / 25 for place in range(500)]
PICTURES = PacketFacts(
    count=500, keyframes=4, first=0.0, last=19.96, last_duration=0.04, longest_gop=5.0, longest_gap=0.04, times=SHOWN
)
FACTS = OutputFacts(
    size=1,
    probe=Probe(format_name="mov", audios=(AudioStream(index=1, codec="aac", sample_rate=48000),)),
    video_packets=PICTURES,
    audio_packets=SOUND,
)
WANTED = Expectation(
    medium=Medium.VIDEO,
    streams=ExpectedStreams(formats=("mov",)),
    timing=ExpectedTiming(times=SHOWN, audio_end=20.0),
    limits=Limits(),
)


def _sound(times: list[float]) -> OutputFacts:
    packets = replace(SOUND, count=len(times), last=times[-1], times=times)
    return replace(FACTS, audio_packets=packets)


def _pictures(**changes: object) -> OutputFacts:
    return replace(FACTS, video_packets=replace(PICTURES, **changes))  # type: ignore[arg-type]


def _timed(**changes: object) -> Expectation:
    return replace(WANTED, timing=replace(WANTED.timing, **changes))  # type: ignore[arg-type]


def test_what_plays_as_its_source_has_no_fault() -> None:
    assert playback_fault(FACTS, WANTED) is None


def test_sound_that_a_browser_plays_late_is_noticed() -> None:
    assert "drifts by 3000 ms" in (
        playback_fault(_sound([*TIMES[:400], *(t + 3 for t in TIMES[400:797])]), WANTED) or ""
    )
    assert playback_fault(_sound([*TIMES[:400], *(t + 0.02 for t in TIMES[400:])]), WANTED) is None


def test_silence_that_was_put_in_is_noticed() -> None:
    squeezed = [*TIMES[:400], *(TIMES[400] + place / 48000 for place in range(470)), *TIMES[401:]]
    assert playback_fault(_sound(squeezed), WANTED) == "packets of its sound have less time than they last"
    longer = [place * STEP for place in range(1400)]
    assert playback_fault(_sound(longer), WANTED) == "its sound lasts 29.9 s and not 20.0 s"


def test_a_picture_that_is_shown_early_is_noticed() -> None:
    early = _pictures(times=[time - 0.42 if 8 < time < 9 else time - 0.013 for time in SHOWN])
    assert playback_fault(_pictures(times=[time + 0.003 for time in SHOWN]), WANTED) is None
    assert playback_fault(replace(early, complained=True), WANTED) is None
    moved = _timed(times=[time for time in SHOWN if not 8 <= time <= 8.6])
    assert "ms off" in (playback_fault(FACTS, moved) or "")


def test_the_copy_that_ends_a_hold_is_not_the_sources() -> None:
    held = _pictures(times=[*SHOWN, 25.0])
    assert "5040 ms off" in (playback_fault(held, WANTED) or "")
    assert playback_fault(held, _timed(repeats_last_picture=True)) is None


def test_who_seeks_does_not_wait_for_minutes() -> None:
    rare = _pictures(longest_gop=25.0)
    assert playback_fault(rare, WANTED) == "it has no key frame for 25 s"
    assert playback_fault(rare, replace(WANTED, copied=CopiedStreams(video=True))) == "it has no key frame for 25 s"
    assert playback_fault(_pictures(longest_gop=600.0, longest_gap=600.0), WANTED) is None


@pytest.mark.parametrize("field", ["difference", "byte_fault"])
def test_what_looks_at_bytes_and_at_both_sides_is_believed(field: str) -> None:
    plain = replace(FACTS, boxes=("ftyp", "moov", "mdat"))
    assert judge(plain, WANTED).duration is not None
    with pytest.raises(AttemptFailed, match="not what was planned: it sings"):
        judge(replace(plain, **{field: "it sings"}), WANTED)  # type: ignore[arg-type]
