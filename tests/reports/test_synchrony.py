"""The lag of sound behind picture is measured to 3 ms on films with a known displacement, or is not measurable."""

from pathlib import Path

import pytest

from tests.corpus.source_maker import SourceMaker
from tests.reports.decoding import SoundTiming, decoded
from tests.reports.reasons import Reason
from tests.reports.synchrony import Film, Method, Synchrony, by_envelopes, by_flash_and_beep, synchrony

pytestmark = pytest.mark.timeout(300)

# Milliseconds by which the sound is late, or early below 0.
_DISPLACEMENTS = (0, 15, 40, 200, -15, -40, -200)
_ERROR = 3.0

# A tone that swells and ebbs, never twice in the same rhythm.
_LIVELY = "0.5*sin(2*PI*600*t)*pow(abs(sin(2.1*t+0.9*t*t)),3)"
_BEATS = (1.0, 2.4, 4.2)
# Options by which pictures keep their exact timestamps; by default ffmpeg moves them to the grid of the frame rate.
_TIMES = ("-fps_mode", "passthrough", "-enc_time_base", "1/90000", "-video_track_timescale", "90000")
_MP4 = (*_TIMES, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
_PLAIN = ("-c:v", "mpeg4", "-q:v", "4", "-c:a", "pcm_s16le")


@pytest.fixture(scope="module")
def lively(maker: SourceMaker) -> Path:
    return maker.make("lively.mkv", *_scene(sound=_LIVELY), *_PLAIN)


@pytest.fixture(scope="module")
def beating(maker: SourceMaker) -> Path:
    tone = f"0.6*sin(2*PI*1000*t)*({'+'.join(f'between(t,{at},{at + 0.2})' for at in _BEATS)})"
    lit = "+".join(f"between(t,{at - 0.001},{at + 0.199})" for at in _BEATS)
    white = f",lutyuv=y='16+(val-16)*0.4',drawbox=w=iw:h=ih:color=white:t=fill:enable='{lit}'"
    return maker.make("beating.mkv", *_scene(sound=tone, more=white), *_PLAIN)


@pytest.mark.parametrize("displacement", _DISPLACEMENTS)
def test_both_ways_find_a_displacement(displacement: int, beating: Path, maker: SourceMaker) -> None:
    output = maker.make(f"beating{displacement}.mp4", *_displaced(beating, displacement), *_MP4)
    films = decoded(beating, SoundTiming.BY_TIMES), decoded(output, SoundTiming.BACK_TO_BACK)
    beats = by_flash_and_beep(*films, expect={"flash": _BEATS, "beep": _BEATS})
    assert len(beats.moments) == len(_BEATS)
    assert _largest(beats) == pytest.approx(displacement, abs=_ERROR)
    assert _largest(by_envelopes(*films)) == pytest.approx(displacement, abs=_ERROR)


@pytest.mark.parametrize("displacement", [0, 15, -40])
def test_a_film_without_flash_and_beep_is_measured_as_well(displacement: int, lively: Path, maker: SourceMaker) -> None:
    output = maker.make(f"lively{displacement}.mp4", *_displaced(lively, displacement), *_MP4)
    found = _measured(lively, output)
    assert found.method is Method.ENVELOPES
    assert len(found.moments) > 1
    assert _largest(found) == pytest.approx(displacement, abs=_ERROR)


def test_where_a_film_begins_does_not_matter(lively: Path, maker: SourceMaker) -> None:
    output = maker.make("later.ts", *_displaced(lively, 40), "-output_ts_offset", "500", *_MP4)
    assert _largest(_measured(lively, output)) == pytest.approx(40, abs=_ERROR)


def test_what_an_edit_list_hides_is_neither_seen_nor_heard(lively: Path, maker: SourceMaker) -> None:
    whole = maker.make("whole.mp4", "-i", str(lively), *_MP4, "-bf", "2", "-g", "25")
    cut = maker.make("cut.mp4", "-ss", "1.28", "-i", str(whole), "-c", "copy")
    again = maker.make("again.mp4", "-i", str(cut), *_MP4)
    assert _largest(_measured(cut, again)) == pytest.approx(0, abs=_ERROR)


def test_pictures_that_were_left_out_do_not_move_the_others(lively: Path, maker: SourceMaker) -> None:
    fewer = ("-vf", "select='gte(n,10)*mod(n,2)'")
    output = maker.make("fewer.mp4", *_displaced(lively, 40), *fewer, *_MP4)
    assert _largest(_measured(lively, output)) == pytest.approx(40, abs=_ERROR)


def test_a_picture_that_was_turned_is_found_by_its_number(lively: Path, maker: SourceMaker) -> None:
    output = maker.make("turned.mp4", *_displaced(lively, -40), "-vf", "transpose", *_MP4)
    assert _largest(_measured(lively, output)) == pytest.approx(-40, abs=_ERROR)


def test_a_hole_that_was_closed_moves_what_comes_behind_it(lively: Path, maker: SourceMaker) -> None:
    hole = ("-c", "copy", "-bsf:a", "noise=drop='between(pts*tb,3,4)'")
    source = maker.make("hole.mkv", "-i", str(lively), *hole)
    output = maker.make("closed.mp4", "-i", str(source), *_MP4, "-af", "asetpts=N/SR/TB")
    found = _measured(source, output)
    assert _largest(found) == pytest.approx(-1000, abs=50)  # packets are left out whole
    assert min(abs(moment.displacement) for moment in found.moments) < _ERROR


def test_another_sound_is_not_measured(lively: Path, maker: SourceMaker) -> None:
    other = maker.make("other.mp4", *_scene(sound="0.5*sin(2*PI*600*t)*pow(abs(sin(5*t+7*sin(0.9*t))),3)"), *_MP4)
    found = _measured(lively, other)
    assert found.largest is None
    assert found.reason is Reason.UNLIKE


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        ("0", Reason.SILENT),
        ("0.5*sin(2*PI*440*t)", Reason.STEADY),
        ("0.5*sin(2*PI*600*t)*pow(abs(sin(2*PI*t)),3)", Reason.REPEATING),
    ],
)
def test_a_sound_that_tells_nothing_is_not_measured(sound: str, reason: Reason, maker: SourceMaker) -> None:
    source = maker.make(f"{reason.name}.mkv", *_scene(sound=sound), *_PLAIN)
    found = _measured(source, maker.make(f"{reason.name}.mp4", *_displaced(source, 40), *_MP4))
    assert found.largest is None
    assert found.reason is reason


def test_a_sound_whose_clock_nearly_stands_still_is_not_measured(lively: Path, maker: SourceMaker) -> None:
    source = maker.make("crowded.mkv", "-i", str(lively), "-c", "copy", "-bsf:a", "setts=ts=TS*0.05")
    found = _measured(source, maker.make("spread.mp4", "-i", str(lively), *_MP4))
    assert found.largest is None
    assert found.reason is Reason.CLOCK


def test_a_beep_that_is_gone_is_not_measured(beating: Path, maker: SourceMaker) -> None:
    output = maker.make("gone.mp4", "-i", str(beating), *_MP4, "-af", "volume=0:enable='between(t,2,3)'")
    found = _measured(beating, output, flash=_BEATS, beep=_BEATS)
    assert found.largest is None
    assert found.reason is Reason.COUNTS


def test_a_film_without_sound_has_none_to_displace(lively: Path, maker: SourceMaker) -> None:
    output = maker.make("silent.mp4", "-i", str(lively), *_MP4, "-an")
    assert synchrony(Film(name="silent", source=lively, output=output)) is None


def _scene(*, sound: str, more: str = "") -> tuple[str, ...]:
    picture = f"testsrc2=s=160x120:r=25:d=8{more}"
    return ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"aevalsrc=exprs='{sound}':s=48000:d=8")


def _displaced(film: Path, milliseconds: int) -> tuple[str, ...]:
    """Delays the sound, or below 0 the picture."""
    late = ("-itsoffset", str(abs(milliseconds) / 1000), "-i", str(film))
    on_time = ("-i", str(film))
    inputs = (*on_time, *late) if milliseconds >= 0 else (*late, *on_time)
    return (*inputs, "-map", "0:v", "-map", "1:a")


def _measured(source: Path, output: Path, **expect: object) -> Synchrony:
    found = synchrony(Film(name=output.name, source=source, output=output, expect=expect))
    assert found is not None
    return found


def _largest(found: Synchrony) -> float:
    assert found.largest is not None, found.unmeasured
    return found.largest.displacement
