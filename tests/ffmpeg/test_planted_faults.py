"""What a verification within its budget sees in a damaged or wrong output, and what it cannot see."""

import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed
from mediaproc.core.packets import PACKET_OPTIONS, PacketFacts
from mediaproc.core.plan import Plan, Variant, make_plan
from mediaproc.core.profile import profile_named
from mediaproc.ffmpeg.decode_check import DecodeCheck, Findings
from mediaproc.ffmpeg.kinds_seen import KindsSeen
from mediaproc.ffmpeg.probe_reader import REPORT_OPTIONS, ProbeReader
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.attempt import repeatable_noise

_SECONDS = 8


@dataclass(frozen=True, kw_only=True)
class Film:
    """A source, its plan, and a right output of it with its report and its packets."""

    runner: FfmpegRunner
    source: Path
    plan: Plan
    output: Path
    report: RunReport
    pictures: PacketFacts

    @property
    def variant(self) -> Variant:
        return self.plan.variants[0]

    def made_with(self, output: Path, *, old: str, new: str) -> Path:
        """Another output, by arguments in which one thing is changed."""
        assert any(old in word for word in self.variant.output_arguments)
        changed = tuple(word.replace(old, new) for word in self.variant.output_arguments)
        self.runner.transcode(
            self.plan,
            variant=replace(self.variant, output_arguments=changed),
            source=self.source,
            output=output,
            on_progress=lambda _: None,
            stop=threading.Event(),
        )
        return output

    def verify(self, output: Path) -> None:
        """As the second and every later film of its kind is: by the budget alone."""
        self.runner.verify(
            output, source=self.source, plan=self.plan, variant=self.variant, stop=threading.Event(), run=self.report
        )


@pytest.fixture(scope="module")
def film(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder = tmp_path_factory.mktemp("planted")
    source = folder / "source.avi"
    # Colours that a wrong matrix changes, on a left and a right that differ; syllables that tell when they are heard.
    halves = (f"color=c={colour}:s=320x360:r=25:d={_SECONDS}" for colour in ("0xC82828", "0x28B428"))
    picture = "{}[a];{}[b];[a][b]hstack,noise=alls=12:allf=t,scale=out_color_matrix=bt601[out0]".format(*halves)
    sound = f"aevalsrc=0.5*sin(880*PI*t)*gt(sin(7*t)+sin(11.3*t)+sin(17.9*t)\\,0.4):s=44100:d={_SECONDS}"
    codecs = ("-c:v", "mpeg4", "-q:v", "4", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame")
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    subprocess.run([str(tools.ffmpeg), "-v", "error", *inputs, *codecs, str(source)], check=True)
    runner, stop = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg)), threading.Event()
    plan = make_plan(runner.probe(source, stop=stop), profile=profile_named("mp4"), threads=1)
    output, variant = folder / "right.mp4", plan.variants[0]
    report = runner.transcode(
        plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop
    )
    made = Film(
        runner=runner, source=source, plan=plan, output=output, report=report, pictures=_pictures(tools, output)
    )
    made.verify(output)  # the first of its kind
    return made


def _pictures(tools: Tools, output: Path) -> PacketFacts:
    command = [str(tools.ffprobe), "-v", "error", *PACKET_OPTIONS, *REPORT_OPTIONS, str(output)]
    reader = ProbeReader()
    reader.read(subprocess.run(command, check=True, capture_output=True).stdout)
    return reader.packets()[0]


def _key_frames(film: Film) -> list[int]:
    return [film.pictures.places.index(place) for place in film.pictures.key_places]


def _noise_in(film: Film, output: Path, *, picture: int) -> Path:
    """Noise inside the slice of a picture, whose length stays right."""
    whole = bytearray(film.output.read_bytes())
    place = film.pictures.places[picture]
    size = int.from_bytes(whole[place : place + 4], "big")
    begin, length = place + 4 + size // 8, size * 3 // 4
    whole[begin : begin + length] = repeatable_noise(length)
    output.write_bytes(whole)
    return output


def _hole(film: Film, output: Path) -> Path:
    whole = bytearray(film.output.read_bytes())
    # Where no budget decodes: between the places.
    begin = film.pictures.places[len(film.pictures.places) * 3 // 10]
    whole[begin : begin + 50_000] = bytes(50_000)
    output.write_bytes(whole)
    return output


def _another_film(film: Film, output: Path) -> Path:
    return film.made_with(output, old="=delete[picture]", new="=delete,hflip[picture]")


_FAULTS: Mapping[str, tuple[Callable[[Film, Path], Path], str]] = {
    "a wrong matrix": (
        lambda film, output: film.made_with(output, old="in_color_matrix=smpte170m", new="in_color_matrix=bt709"),
        "not the source's",
    ),
    "another film": (_another_film, "not the source's"),
    "sound late by 100 ms": (
        lambda film, output: film.made_with(
            output, old="channel_layouts=stereo", new="channel_layouts=stereo,adelay=100:all=1"
        ),
        # Levels of 10 ms are compared, and one of them lies on both sides of a syllable's beginning.
        "its sound is (90|100|110) ms late",
    ),
    "no sound to hear": (
        lambda film, output: film.made_with(
            output, old="channel_layouts=stereo", new="channel_layouts=stereo,volume=0"
        ),
        "its sound is silent",
    ),
    "a hole anywhere": (_hole, "holds no picture|does not decode"),
    "a broken key frame in the middle": (
        lambda film, output: _noise_in(film, output, picture=_key_frames(film)[1]),
        "does not decode",
    ),
    "a broken last key frame": (
        lambda film, output: _noise_in(film, output, picture=_key_frames(film)[-1]),
        "does not decode",
    ),
    "a broken picture in the slice that is no key frame": (
        lambda film, output: _noise_in(film, output, picture=_key_frames(film)[1] + 3),
        "does not decode",
    ),
}


def _planted(film: Film, fault: str) -> Path:
    output = film.output.with_name(f"{fault}.mp4")
    return output if output.exists() else _FAULTS[fault][0](film, output)


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_planted_fault_is_seen_within_the_budget(fault: str, film: Film) -> None:
    with pytest.raises(AttemptFailed, match=_FAULTS[fault][1]):
        film.verify(_planted(film, fault))


def test_what_was_not_damaged_passes_within_the_budget(film: Film) -> None:
    film.verify(film.output)


def test_a_hole_is_seen_without_decoding_anything(film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DecodeCheck, "findings", lambda *_, **__: Findings())
    with pytest.raises(AttemptFailed, match="a packet of its picture holds no picture"):
        film.verify(_hole(film, tmp_path / "output.mp4"))
    monkeypatch.setattr("mediaproc.ffmpeg.verifier.unit_fault", lambda *_, **__: None)
    film.verify(tmp_path / "output.mp4")


@pytest.mark.parametrize("fault", [fault for fault in _FAULTS if fault != "a hole anywhere"])
def test_without_the_check_none_of_these_is_seen(fault: str, film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    output = _planted(film, fault)
    monkeypatch.setattr(DecodeCheck, "findings", lambda *_, **__: Findings())
    film.verify(output)


def test_a_broken_picture_between_the_places_is_seen_only_where_there_is_a_reason(film: Film, tmp_path: Path) -> None:
    # Of our own encoder's output on a healthy disk: nothing short of decoding all of it would tell.
    output = _noise_in(film, tmp_path / "output.mp4", picture=len(film.pictures.places) * 3 // 10)
    film.verify(output)


def test_the_first_of_a_kind_is_first_once() -> None:
    kinds = KindsSeen()
    assert [kinds.is_first(kind) for kind in (("a",), ("a",), ("b",))] == [True, False, True]
