"""Damage to an output, a late index and an output that ffprobe does not get through are noticed."""

from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass
from mediaproc.core.verification import VerificationResult
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.attempt import Attempt, noise_in_place_of_media, repeatable_noise
from tests.ffmpeg.conftest import MakeClip


def test_damage_to_an_output_is_noticed(attempt: Attempt) -> None:
    attempt.transcode()
    assert attempt.verdict() is VerificationResult.VERIFIED
    whole = attempt.output.read_bytes()
    middle = len(whole) * 2 // 3
    attempt.output.write_bytes(whole[:middle] + repeatable_noise(500) + whole[middle + 500 :])
    with pytest.raises(AttemptFailed, match="does not decode") as caught:
        attempt.verdict()
    assert caught.value.error_class is ErrorClass.VERIFICATION_FAILED
    attempt.output.write_bytes(noise_in_place_of_media(whole))
    with pytest.raises(AttemptFailed):
        attempt.verdict()
    attempt.output.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AttemptFailed):
        attempt.verdict()
    attempt.output.write_bytes(b"")
    with pytest.raises(AttemptFailed):
        attempt.verdict()


@pytest.mark.parametrize(
    ("last", "error_class"), [(False, ErrorClass.VERIFICATION_FAILED), (True, ErrorClass.TIMED_OUT)]
)
def test_an_output_that_ffprobe_does_not_get_through_gives_way_to_the_next_variant(
    last: bool,  # noqa: FBT001
    error_class: ErrorClass,
    attempt: Attempt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt.transcode()
    attempt.variant = replace(attempt.variant, expectation=replace(attempt.variant.expectation, is_last=last))
    monkeypatch.setattr("mediaproc.ffmpeg.prober._PROBE_WALL", 0.0)
    monkeypatch.setattr("mediaproc.ffmpeg.prober._SLOWEST_READ", 10**15)
    with pytest.raises(AttemptFailed, match="took longer than its limit") as caught:
        attempt.verdict()
    assert caught.value.error_class is error_class


_SHORT_OF_MEMORY = """#!/bin/sh
case "$*" in
  *-xerror*) echo "[h264 @ 0x55] ff_frame_thread_init failed: Cannot allocate memory" >&2; exit {code} ;;
  *) exec /usr/bin/env ffmpeg "$@" ;;
esac
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_check_that_is_short_of_memory_is_no_verdict_on_the_output(
    code: int, tools: Tools, make_clip: MakeClip, tmp_path: Path
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(_SHORT_OF_MEMORY.format(code=code))
    program.chmod(0o755)
    runner = FfmpegRunner(replace(tools, ffmpeg=program), sandbox=find_sandbox("off", tool=tools.ffmpeg))
    attempt = Attempt(runner, make_clip(), tmp_path / "output.mp4")
    attempt.transcode()
    with pytest.raises(AttemptFailed) as caught:
        attempt.verdict()
    assert caught.value.error_class is ErrorClass.OUT_OF_MEMORY


def test_an_output_with_its_index_at_the_end_is_noticed(attempt: Attempt) -> None:
    attempt.variant = replace(
        attempt.variant,
        output_arguments=tuple("-faststart" if a == "+faststart" else a for a in attempt.variant.output_arguments),
    )
    attempt.transcode()
    with pytest.raises(AttemptFailed, match="index stands behind"):
        attempt.verdict()
