"""Real clips through probe, transcode and verify: what comes out is verified."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mediaproc.core.verification import VerificationResult
from mediaproc.ffmpeg.runner import FfmpegRunner
from tests.ffmpeg.attempt import Attempt
from tests.ffmpeg.conftest import MakeClip

if TYPE_CHECKING:
    from mediaproc.core.progress import Progress


def test_an_upload_becomes_a_verified_mp4(attempt: Attempt) -> None:
    heard: list[Progress] = []
    report = attempt.transcode(heard.append)
    assert attempt.verdict() is VerificationResult.VERIFIED
    assert heard[-1].fraction is not None
    assert heard[-1].fraction > 0.9  # newer ones tell when the last picture begins, not when it ends
    assert [progress.seconds for progress in heard] == sorted(progress.seconds for progress in heard)
    assert report.cpu_seconds > 0.05
    assert report.wall_seconds > 0


@pytest.mark.parametrize("profile", ["mp3", "gif", "poster"])
def test_every_profile_runs(profile: str, runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path) -> None:
    attempt = Attempt(runner, make_clip(), tmp_path / "output", profile=profile)
    attempt.transcode()
    assert attempt.verdict() is VerificationResult.VERIFIED


def test_what_browsers_play_is_copied(runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path) -> None:
    attempt = Attempt(runner, make_clip(video="libx264", suffix=".mp4"), tmp_path / "output.mp4")
    assert attempt.variant.name == "copy"
    attempt.transcode()
    assert attempt.verdict() is VerificationResult.VERIFIED
