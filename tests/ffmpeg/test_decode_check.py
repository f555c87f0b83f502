"""How many runs of ffmpeg a check of an output takes."""

import subprocess
from pathlib import Path

import pytest

from mediaproc.ffmpeg import child
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.attempt import Attempt

_INPUTS = ("-f", "lavfi", "-i", "testsrc2=s=320x240:d=12:r=25", "-f", "lavfi", "-i", "sine=d=12")


@pytest.fixture
def program_stream(tools: Tools, tmp_path: Path) -> Attempt:
    """In whose packets sound begins anywhere."""
    source = tmp_path / "source.mpg"
    codecs = ("-c:v", "mpeg2video", "-b:v", "1M", "-c:a", "mp2", "-b:a", "192k")
    subprocess.run([str(tools.ffmpeg), "-v", "error", *_INPUTS, *codecs, str(source)], check=True)
    runner = FfmpegRunner(tools, sandbox=find_sandbox("auto", tool=tools.ffmpeg))
    return Attempt(runner, source, tmp_path / "output.mp4")


def _runs(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> int:
    """The runs of ffmpeg in one verification."""
    report, runs, run = attempt.transcode(), [], child.run

    def counted(*arguments: object, **others: object) -> child.Ended:
        runs.append(arguments)
        return run(*arguments, **others)  # type: ignore[arg-type]

    monkeypatch.setattr("mediaproc.ffmpeg.decode_check.child.run", counted)
    attempt.runner.verify(
        attempt.output, source=attempt.source, plan=attempt.plan, variant=attempt.variant, stop=attempt.stop, run=report
    )
    return len(runs)


def test_a_program_stream_is_compared_in_one_run(program_stream: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _runs(program_stream, monkeypatch) == 1


def test_a_seek_into_its_sound_would_cost_two_more(program_stream: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above: the error at the first packet ends the run, and each side is decoded apart."""
    monkeypatch.setattr("mediaproc.core.plan.decoded_places._is_cut", lambda *_: False)
    assert _runs(program_stream, monkeypatch) == 3
