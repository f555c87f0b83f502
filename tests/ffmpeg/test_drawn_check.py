"""An output that is drawn of several materials is held to its plan: every picture in its place, its sound heard."""

import subprocess
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass
from mediaproc.core.expectation import DrawnExpectation, Listen, Look
from mediaproc.core.plan.model import Plan
from mediaproc.core.step import GRAPH_OPTION, Step
from mediaproc.core.verification import Verification, VerificationResult
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport
from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox
from tests.ffmpeg.drawn import FRAMES, RATE, SECONDS, TAGS, drawn_plan, furnish
from tests.parts.quick_tools import quick_tools


def _look(frame: int, material: str) -> Look:
    """The material's picture at this frame of the output, drawn alone."""
    seek = ("-ss", f"{frame / RATE:.3f}") if frame else ()
    step = Step(
        name="one picture",
        arguments=(
            *(*seek, "-i", f"file:{material}", GRAPH_OPTION, "g0001.txt", "-map", "[picture]", "-frames:v", "1"),
            *("-c:v", "ffvhuff", "-f", "matroska"),
        ),
        output="look",
        frames=1,
    )
    return Look(frame=frame, step=step, shows=material, seconds=frame / RATE, stream=0)


DRAWN = DrawnExpectation(
    frames=FRAMES,
    rate=Fraction(RATE),
    audio_seconds=SECONDS,
    looks=(_look(0, "m0001"), _look(40, "m0002")),
    listens=(Listen(start=0.5, duration=1.0, source="m0001", source_start=0.5, stream=1),),
)
PLAN = drawn_plan(drawn=DRAWN)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An attempt's private folder with a furnished room."""
    folder = tmp_path_factory.mktemp("attempt")
    (folder / "source").write_bytes(b"a bundle")
    furnish(folder, ffmpeg=quick_tools().ffmpeg)
    return folder


class _Output:
    """What was made by the steps, and what another hand makes in its place."""

    def __init__(self, runner: FfmpegRunner, folder: Path) -> None:
        self.path, self._runner, self._stop = folder / PLAN.output_name, runner, threading.Event()
        self._by_the_plan: bytes | None = None

    def by_the_plan(self) -> None:
        if self._by_the_plan is not None:
            self.path.write_bytes(self._by_the_plan)
            return
        self._runner.transcode(
            PLAN,
            variant=PLAN.variants[0],
            source=self.path.with_name("source"),
            output=self.path,
            on_progress=lambda _: None,
            stop=self._stop,
        )
        self._by_the_plan = self.path.read_bytes()

    def of(
        self, *colours: str, rate: str = str(RATE), sound: str | None = f"sine=d={SECONDS}", each: float = 1.0
    ) -> None:
        """A film of these colours, `each` so many seconds."""
        heard = () if sound is None else ("-f", "lavfi", "-i", sound)
        shown = [f"color=c={colour}:s=160x120:r={rate}:d={each}" for colour in colours]
        joined = f"{''.join(f'[{number}:v]' for number in range(len(shown)))}concat=n={len(shown)}[v]"
        command = (
            *(str(quick_tools().ffmpeg), "-v", "error", "-y"),
            *(word for one in shown for word in ("-f", "lavfi", "-i", one)),
            *(*heard, "-filter_complex", joined, "-map", "[v]"),
            *(() if sound is None else ("-map", f"{len(shown)}:a", "-c:a", "aac")),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *TAGS, "-movflags", "+faststart"),
            str(self.path),
        )
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    def verified(self, plan: Plan = PLAN, *, run: RunReport | None = None) -> Verification:
        return self._runner.verify(
            self.path,
            source=self.path.with_name("source"),
            plan=plan,
            variant=plan.variants[0],
            stop=self._stop,
            run=run,
        )


@pytest.fixture(scope="module")
def output(folder: Path) -> _Output:
    """In bubblewrap, by an ffmpeg that starts quickly."""
    tools = quick_tools()
    made = _Output(FfmpegRunner(tools, sandbox=find_sandbox("require", tool=tools.ffprobe)), folder)
    made.by_the_plan()
    return made


@pytest.mark.parametrize("setting", ["require", "off"])
def test_an_output_as_it_was_planned_is_verified(setting: SandboxSetting, folder: Path) -> None:
    tools = quick_tools()
    output = _Output(FfmpegRunner(tools, sandbox=find_sandbox(setting, tool=tools.ffprobe)), folder)
    output.by_the_plan()
    verification = output.verified()
    assert verification.result is VerificationResult.VERIFIED
    assert verification.ratio is None
    assert sorted(path.name for path in folder.iterdir()) == ["film.mp4", "room", "source"]


@pytest.mark.parametrize(
    ("colours", "other", "complaint"),
    [
        (("red", "blue"), {}, None),
        (("blue", "red"), {}, "the picture at 0.00 s is not the one that was planned"),
        (("red", "red"), {}, "the picture at 1.60 s is not the one that was planned"),
        (("red", "black"), {}, "the picture at 1.60 s is black"),
        (("red", "blue"), {"each": 0.96}, "it has 48 pictures and not 50"),
        (("red", "blue"), {"each": 1.04}, "it has 52 pictures and not 50"),
        (("red", "blue"), {"rate": "24", "each": 25 / 24}, "it has 24 pictures a second and not 25"),
        (("red", "blue"), {"sound": None}, "it has no sound"),
        (("red", "blue"), {"sound": "sine=d=1.9"}, "its sound lasts 1.9. s and not 2.00 s"),
        (("red", "blue"), {"sound": "sine=d=2.1"}, "its sound lasts 2.1. s and not 2.00 s"),
        (("red", "blue"), {"sound": "anullsrc=d=2"}, "its sound is silent at 0.50 s"),
    ],
)
def test_an_output_that_is_not_what_was_planned_fails(
    colours: tuple[str, ...], other: dict[str, Any], complaint: str | None, output: _Output
) -> None:
    output.of(*colours, **other)
    if complaint is None:
        assert output.verified().result is VerificationResult.VERIFIED
        return
    with pytest.raises(AttemptFailed, match=f"The output is not what was planned: {complaint}") as caught:
        output.verified()
    assert caught.value.error_class is ErrorClass.VERIFICATION_FAILED


def test_sound_where_none_was_planned_fails(output: _Output) -> None:
    output.by_the_plan()
    plan = _expecting(replace(DRAWN, audio_seconds=None, listens=()))
    with pytest.raises(AttemptFailed, match="it has sound where none was planned"):
        output.verified(plan)


def test_a_look_that_shows_what_is_no_picture_compares_all_the_same(output: _Output) -> None:
    """A material of sound alone, and one that is not there, show nothing by themselves."""
    output.by_the_plan()
    looks = (replace(DRAWN.looks[0], shows="m0009"), replace(DRAWN.looks[1], shows="slices.txt"))
    assert output.verified(_expecting(replace(DRAWN, looks=looks))).result is VerificationResult.VERIFIED
    swapped = (replace(DRAWN.looks[0], step=DRAWN.looks[1].step, shows="m0009"),)
    with pytest.raises(AttemptFailed, match="is not the one that was planned"):
        output.verified(_expecting(replace(DRAWN, looks=swapped)))


def test_a_picture_that_comes_one_later_is_still_the_one(output: _Output) -> None:
    """The last red one is held to the first blue one: materials of another rate round to either."""
    output.by_the_plan()
    at_the_cut, beyond = (
        replace(DRAWN.looks[1], frame=FRAMES // 2 - before, seconds=FRAMES / 2 / RATE) for before in (1, 2)
    )
    assert output.verified(_expecting(replace(DRAWN, looks=(at_the_cut,)))).result is VerificationResult.VERIFIED
    with pytest.raises(AttemptFailed, match="is not the one that was planned"):
        output.verified(_expecting(replace(DRAWN, looks=(beyond,))))


def test_no_picture_of_a_damaged_material_is_looked_at(output: _Output) -> None:
    """It decodes otherwise where decoding begins elsewhere."""
    output.of("blue", "red")
    report = RunReport(log_tail="[mpeg4 @ 0x1] ac-tex damaged", cpu_seconds=1.0, wall_seconds=1.0)
    assert output.verified(run=report).result is VerificationResult.VERIFIED
    with pytest.raises(AttemptFailed, match="is not the one that was planned"):
        output.verified(run=replace(report, log_tail=""))


def _expecting(drawn: DrawnExpectation) -> Plan:
    return drawn_plan(drawn=drawn)
