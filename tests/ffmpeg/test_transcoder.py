"""A transcode reports its progress, stays within its limits, and ends with all its processes."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, Stopped
from mediaproc.core.limits import Limits
from mediaproc.core.progress import Progress
from mediaproc.ffmpeg.cpu_time import Spent, metered
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.attempt import Attempt, noise_in_place_of_media, signal_at_first_progress
from tests.ffmpeg.conftest import MakeClip
from tests.ffmpeg.processes import descendants


def test_a_stop_ends_a_transcode_and_all_its_processes(long_attempt: Attempt) -> None:
    with pytest.raises(Stopped):
        long_attempt.transcode(lambda _: long_attempt.stop.set())
    assert "ffmpeg" not in descendants(os.getpid()).values()


def test_a_stop_that_came_first_ends_everything_at_once(attempt: Attempt) -> None:
    attempt.stop.set()
    with pytest.raises(Stopped):
        attempt.transcode()
    with pytest.raises(Stopped):
        attempt.runner.probe(attempt.source, stop=attempt.stop)


def test_what_an_encode_cost_is_counted_however_it_ends(
    runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path
) -> None:
    """ffmpeg, killed in its sandbox, dies after the process that would have waited for it."""
    seconds = 24
    clip = make_clip(seconds=seconds, size="640x480")
    attempt = Attempt(runner, clip, tmp_path / "output.mp4", profile="mp4-quality")
    whole, stopped = Spent(), Spent()
    with metered(whole):
        attempt.transcode()

    def stop_in_the_middle(progress: Progress) -> None:
        if progress.seconds > seconds / 3:
            attempt.stop.set()

    with metered(stopped), pytest.raises(Stopped):
        attempt.transcode(stop_in_the_middle)
    assert stopped.seconds > whole.seconds / 6


def test_a_caller_that_gives_up_leaves_no_ffmpeg(long_attempt: Attempt) -> None:
    def give_up(_: Progress) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        long_attempt.transcode(give_up)
    assert "ffmpeg" not in descendants(os.getpid()).values()


def test_an_ffmpeg_that_stands_still_is_ended(
    tools: Tools, sandbox: Sandbox, make_clip: MakeClip, tmp_path: Path
) -> None:
    runner = FfmpegRunner(tools, sandbox=sandbox, stall_limit=1.5)
    attempt = Attempt(runner, make_clip(seconds=60, size="640x480"), tmp_path / "output.mp4", profile="mp4-quality")
    with pytest.raises(AttemptFailed) as caught:
        attempt.transcode(signal_at_first_progress(signal.SIGSTOP))
    assert caught.value.error_class is ErrorClass.STALLED


def test_a_transcode_beyond_its_wall_limit_is_ended(long_attempt: Attempt) -> None:
    long_attempt.plan = replace(long_attempt.plan, wall_limit=0.5)
    with pytest.raises(AttemptFailed) as caught:
        long_attempt.transcode()
    assert caught.value.error_class is ErrorClass.TIMED_OUT


def test_a_transcode_beyond_its_memory_is_ended(long_attempt: Attempt) -> None:
    long_attempt.plan = replace(long_attempt.plan, memory=0)
    with pytest.raises(AttemptFailed) as caught:
        long_attempt.transcode()
    assert caught.value.error_class is ErrorClass.OUT_OF_MEMORY


def test_an_output_beyond_its_limit_is_ended_by_the_kernel(long_attempt: Attempt) -> None:
    """Without -fs, as if ffmpeg's own limit had been lost."""
    arguments = list(long_attempt.variant.output_arguments)
    del arguments[arguments.index("-fs") : arguments.index("-fs") + 2]
    encoder = ("-c:v", "rawvideo", "-f", "nut")
    expectation = replace(long_attempt.variant.expectation, limits=Limits(max_output_bytes=1_000_000))
    long_attempt.variant = replace(
        long_attempt.variant, output_arguments=("-map", "0:0", *encoder), expectation=expectation
    )
    with pytest.raises(AttemptFailed) as caught:
        long_attempt.transcode()
    assert caught.value.error_class is ErrorClass.OUTPUT_TOO_LARGE
    assert long_attempt.output.stat().st_size < 20_000_000


def test_a_source_of_which_nothing_decodes_is_refused_at_the_last_try(
    runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path
) -> None:
    """The packets are noise: the container can be probed, and no packet can be decoded."""
    source = tmp_path / "noise.mp4"
    source.write_bytes(noise_in_place_of_media(make_clip(video="libx264", suffix=".mp4").read_bytes()))
    attempt = Attempt(runner, source, tmp_path / "output.mp4")
    attempt.variant = attempt.plan.variants[-1]
    with pytest.raises(BadSource) as caught:
        _ = (attempt.transcode(), attempt.verdict())
    assert caught.value.error_class is ErrorClass.UNDECODABLE
