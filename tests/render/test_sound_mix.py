"""What is heard of a timeline: the right piece of the right material, at its time, as loud as it should be."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.notes import NoteCode, Notes
from mediaproc.core.probe import Probe
from mediaproc.core.render import sound_mix
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.sound_mix import mix_sounds
from mediaproc.core.timeline import Curve, Interpolation, Keyframe, Material, MaterialKind
from tests.render.sounding import heard, late_sound, sound, timeline, tone

# Half a frame (s), what a tone's level may be off (dB), and what is silence (dB).
_NEAR, _LOUD, _SILENT = 0.02, 0.5, -40.0

_KINDS: Mapping[str, dict[str, Any]] = {
    "aac.m4a": {"codec": ("-c:a", "aac")},
    "vbr.mp3": {"codec": ("-c:a", "libmp3lame", "-q:a", "4"), "rate": 44_100},
    "voice.m4a": {"codec": ("-c:a", "aac"), "rate": 8_000, "layout": "mono"},
    "plain.wav": {"rate": 44_100, "layout": "mono"},
}


@pytest.mark.parametrize("kind", _KINDS)
def test_a_sound_begins_and_ends_within_half_a_frame(kind: str, tmp_path: Path) -> None:
    material, file = tone(tmp_path, kind, sounds=(1, 2), **_KINDS[kind])
    project = timeline(sound(material, first=5, frames=30, start=1.5), sound(material, first=50, frames=50, start=0.5))
    found = heard(project, files={material: file}, room=tmp_path)
    assert found.seconds == 4
    assert found.sounding() == pytest.approx((0.2, 3.5), abs=_NEAR)
    assert found.level(660, at=0.3) == pytest.approx(found.level(660, at=3.0), abs=0.1)
    # lame makes all that it encodes softer by 0.45 dB.
    assert found.level(660, at=0.3) == pytest.approx(-0.2, abs=_LOUD)
    assert found.level(660, at=0.75) < _SILENT
    assert found.level(660, at=2.3) < _SILENT


@pytest.mark.parametrize("container", ["mpegts", "mov"])
def test_a_sound_that_begins_later_than_its_picture_is_heard_later(container: str, tmp_path: Path) -> None:
    # The static build that other tests take breaks down on any mpegts.
    installed = Path("/usr/bin/ffmpeg")
    material, file = late_sound(tmp_path, "film", container=container, ffmpeg=installed)
    project = timeline(sound(material, frames=25), sound(material, first=50, frames=50, start=0.3))
    found = heard(project, files={material: file}, room=tmp_path, ffmpeg=installed)
    assert found.sounding() == pytest.approx((0.5, 3.7), abs=_NEAR)
    assert found.level(660, at=2.1, lasts=0.05) < _SILENT
    assert found.level(660, at=2.25) == pytest.approx(0, abs=_LOUD)


@pytest.mark.parametrize("speed", [Fraction(1, 4), Fraction(3, 2), Fraction(4)])
@pytest.mark.parametrize("keeps_pitch", [True, False])
def test_another_speed_keeps_place_and_level(*, speed: Fraction, keeps_pitch: bool, tmp_path: Path) -> None:
    material, file = tone(tmp_path, "tone.wav", sounds=(1, 1.5), lasts=3)
    project = timeline(sound(material, frames=100, start=0.5, speed=speed, keeps_pitch=keeps_pitch))
    found = heard(project, files={material: file}, room=tmp_path)
    begin, end = found.sounding(above=0.25)
    # At a quarter of the speed a few hundredths of a second are a hundredth of the material.
    near = max(_NEAR, 0.015 / float(speed))
    assert begin == pytest.approx(0.5 / speed, abs=near)
    assert end == pytest.approx(min(1.0 / speed, Fraction(4)), abs=near)
    pitch = 660 if keeps_pitch else 660 * float(speed)
    assert found.level(pitch, at=(begin + end) / 2 - 0.03, lasts=0.06) == pytest.approx(0, abs=_LOUD)


def test_a_reversed_sound_is_heard_from_its_end(tmp_path: Path) -> None:
    material, file = tone(tmp_path, "tone.wav", sounds=(1, 1.5), lasts=3)
    project = timeline(
        sound(material, frames=50, start=0.5, is_reversed=True),
        sound(material, first=50, frames=25, start=0.5, is_reversed=True, speed=Fraction(2)),
    )
    found = heard(project, files={material: file}, room=tmp_path)
    assert found.sounding()[0] == pytest.approx(1.0, abs=_NEAR)
    assert found.level(660, at=1.2) == pytest.approx(0, abs=_LOUD)
    assert found.level(660, at=1.6) < _SILENT
    assert found.sounding()[1] == pytest.approx(2.75, abs=_NEAR)


def test_gains_and_fades_follow_their_curves(tmp_path: Path) -> None:
    material, file = tone(tmp_path, "tone.wav")
    rising = Curve(
        keyframes=(
            Keyframe(at=Fraction(10), value=0.25),
            Keyframe(at=Fraction(35), value=1.0, interpolation=Interpolation.HOLD),
            Keyframe(at=Fraction(40), value=0.5),
        )
    )
    project = timeline(
        sound(material, frames=50, gain=rising), sound(material, first=50, frames=50, start=1, fades=(0.5, 1))
    )
    found = heard(project, files={material: file}, room=tmp_path)
    for at, amplitude in ((0.1, 0.25), (0.9, 0.625), (1.49, 1.0), (1.8, 0.5), (2.25, 0.5), (2.7, 1.0), (3.5, 0.5)):
        expected = Curve.constant(amplitude).value(0)
        assert 10 ** (found.level(660, at=at - 0.01, lasts=0.02) / 20) == pytest.approx(expected, rel=0.05), at
    assert found.level(660, at=3.98, lasts=0.02) < -20


def test_sounds_at_the_same_time_add_up_and_stay_within_full_scale(tmp_path: Path) -> None:
    low, low_file = tone(tmp_path, "low.wav", hertz=300)
    high, high_file = tone(tmp_path, "high.wav", hertz=1000)
    files = {low: low_file, high: high_file}
    project = timeline(
        sound(low, frames=100),
        sound(high, first=25, frames=25, gain=Curve.constant(0.5)),
        sound(high, first=75, frames=25, gain=Curve.constant(8.0)),
    )
    found = heard(project, files=files, room=tmp_path)
    assert found.level(300, at=0.5) == pytest.approx(0, abs=0.1)
    assert found.level(300, at=1.5) == pytest.approx(0, abs=0.1)
    assert found.level(1000, at=1.5) == pytest.approx(-6, abs=0.1)
    assert found.level(1000, at=0.5) < _SILENT
    assert float(abs(found.samples).max()) < 0.97


def test_more_sounds_than_one_run_reads_sound_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_mix, "MOST_INPUTS", 10)
    material, file = tone(tmp_path, "tone.wav")
    sounds = [sound(material, first=place, frames=1, start=place / 25) for place in range(0, 26, 2)]
    sounds += [sound(material, first=14, frames=5, gain=Curve.constant(0.5))]
    project = timeline(*sounds)
    mix = mix_sounds(project, files={material: file}, notes=Notes())
    assert mix is not None
    assert [step.inputs for step in mix.steps] == [10, 4]
    assert len(mix.inputs) == 2
    found = heard(project, files={material: file}, room=tmp_path)
    assert found.level(660, at=0.16, lasts=0.04) == pytest.approx(0, abs=0.1)
    assert found.level(660, at=0.2, lasts=0.04) < _SILENT
    assert found.level(660, at=0.6, lasts=0.03) == pytest.approx(-6, abs=0.1)
    assert found.sounding()[1] == pytest.approx(1.0, abs=0.001)


def test_a_timeline_within_a_timeline_is_heard(tmp_path: Path) -> None:
    material, file = tone(tmp_path, "tone.wav", sounds=(1, 2))
    inner = timeline(sound(material, first=25, frames=50), frames=75)
    project = timeline(sound(inner, first=10, frames=50, start=1), sound(inner, first=70, frames=30, start=1.5))
    found = heard(project, files={material: file}, room=tmp_path)
    assert found.sounding()[0] == pytest.approx(0.4 + 1.0, abs=0.001)
    assert found.sounding()[1] == pytest.approx(4.0, abs=0.001)
    assert found.level(660, at=2.42) < _SILENT
    assert found.level(660, at=3.4) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(24)])
def test_a_mix_is_exactly_as_long_as_the_pictures(rate: Fraction, tmp_path: Path) -> None:
    material, file = tone(tmp_path, "tone.wav", lasts=0.5)
    found = heard(timeline(sound(material, frames=7), frames=31, rate=rate), files={material: file}, room=tmp_path)
    assert len(found.samples) == round(31 * 48_000 / rate)


def test_an_older_ffmpeg_mixes_the_same(tmp_path: Path) -> None:
    material, file = tone(tmp_path, "tone.m4a", sounds=(1, 2), codec=("-c:a", "aac"))
    project = timeline(sound(material, first=5, frames=30, start=1.5, speed=Fraction(3, 4)), sound(material, first=50))
    found = heard(project, files={material: file}, room=tmp_path, ffmpeg=Path("/usr/bin/ffmpeg"))
    assert found.sounding() == pytest.approx((0.2, 4.0), abs=_NEAR)


def test_what_is_not_heard_is_no_sound() -> None:
    material, file = tone_without_sound()
    silent = timeline(sound(material, may_be_missing=True))
    assert mix_sounds(silent, files={material: file}, notes=Notes()) is None
    assert mix_sounds(silent, files={}, notes=Notes()) is None
    assert mix_sounds(timeline(), files={}, notes=Notes()) is None


def test_a_material_of_sound_without_sound_is_refused_by_name_or_told() -> None:
    material, file = tone_without_sound()
    project, notes = timeline(sound(material)), Notes()
    with pytest.raises(BadSource, match=r"mute\.mp4.* has no sound") as refused:
        mix_sounds(project, files={material: file}, notes=notes)
    assert refused.value.error_class is ErrorClass.NO_AUDIO
    assert mix_sounds(project, files={material: file}, notes=notes, accept_missing=True) is None
    assert [note.code for note in notes.all(duration=1)] == [NoteCode.MATERIAL_SILENT]


def tone_without_sound() -> tuple[Material, RoomFile]:
    material = Material(id="mute", kind=MaterialKind.SOUND, name=r"C:\Users\somebody\mute.mp4")
    return material, RoomFile(name="m0001", probe=Probe(format_name="mov"))
