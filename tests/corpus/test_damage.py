"""What is damaged, cut or joined: never passed off as whole, never turned away when all of it is there."""

from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.verification import Verdict
from tests.corpus.independent import look_at
from tests.corpus.making import Maker
from tests.corpus.workshop import Workshop

_FASTSTART = ("-movflags", "+faststart")
_H264 = ("-c:v", "libx264", "-c:a", "aac", "-pix_fmt", "yuv420p", "-g", "25")
_KINDS = {
    "mp4": (*_H264, *_FASTSTART),
    "ts": _H264,
    "flv": _H264,
    "wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "mxf": ("-c:v", "mpeg2video", "-c:a", "pcm_s16le"),
}


def _with_a_hole(path: Path, *, begin: float, end: float) -> Path:
    whole = path.read_bytes()
    first, last = int(len(whole) * begin), int(len(whole) * end)
    path.write_bytes(whole[:first] + bytes(last - first) + whole[last:])
    return path


@pytest.mark.parametrize("suffix", _KINDS)
def test_a_hole_in_the_middle_is_no_whole_film(workshop: Workshop, maker: Maker, suffix: str) -> None:
    source = maker.talkie(f"hole.{suffix}", *_KINDS[suffix], seconds=8)
    assert workshop.make(source).verification.verdict is Verdict.VERIFIED
    made = workshop.make(_with_a_hole(source, begin=0.5, end=0.75))
    assert made.verification.verdict is Verdict.SALVAGED
    assert made.verification.ratio == pytest.approx(0.75, abs=0.12)


@pytest.mark.parametrize("suffix", _KINDS)
def test_a_hole_that_takes_most_is_rejected(workshop: Workshop, maker: Maker, suffix: str) -> None:
    source = _with_a_hole(maker.talkie(f"hole.{suffix}", *_KINDS[suffix], seconds=8), begin=0.2, end=0.9)
    with pytest.raises(BadSource, match=r"^Only \d(\.\d)? s of \d(\.\d)? s could be read\.$") as caught:
        workshop.make(source)
    assert caught.value.error_class is ErrorClass.TRUNCATED


@pytest.mark.parametrize("seconds", [60, 50_000])
def test_recordings_joined_with_a_step_of_the_clock_are_whole(workshop: Workshop, maker: Maker, seconds: int) -> None:
    parts = [maker.talkie("first.ts", *_H264), maker.talkie("second.ts", *_H264, "-output_ts_offset", str(seconds))]
    source = maker.folder / "joined.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    made = workshop.make(source)
    assert made.verification.verdict is Verdict.VERIFIED
    assert made.verification.duration == pytest.approx(4, abs=0.1)
    assert look_at(source, made.output)[1].frames in range(99, 101)


def test_a_program_stream_does_not_wait_where_its_clock_steps(workshop: Workshop, maker: Maker) -> None:
    kind = _KINDS["mpg"]
    parts = [maker.talkie("first.vob", *kind), maker.talkie("second.vob", *kind, "-output_ts_offset", "700")]
    source = maker.folder / "joined.vob"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    made = workshop.make(source)
    assert made.verification.verdict is Verdict.VERIFIED
    assert made.verification.duration == pytest.approx(4, abs=0.1)
    assert look_at(source, made.output)[1].frames == 100
