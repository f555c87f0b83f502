"""What a failed transcode means, and by whose fault: its signal, its disk, its log."""

import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, Unavailable
from mediaproc.core.limits import Limits
from mediaproc.core.progress import Progress
from mediaproc.ffmpeg.child import LOG_TAIL_LIMIT
from tests.ffmpeg.attempt import Attempt, signal_at_first_progress
from tests.parts.small_disk import small_disk


@pytest.mark.parametrize(
    ("number", "error_class"),
    [
        (signal.SIGKILL, ErrorClass.OUT_OF_MEMORY),  # as the kernel's own killer does
        (signal.SIGSEGV, ErrorClass.TRANSCODE_FAILED),
        (signal.SIGXFSZ, ErrorClass.OUTPUT_TOO_LARGE),
    ],
)
def test_a_signal_is_classed_by_what_it_means(
    number: signal.Signals, error_class: ErrorClass, long_attempt: Attempt
) -> None:
    # An output limit below the disk's free space, wherever the tests run: otherwise the disk would be at fault.
    expectation = replace(long_attempt.variant.expectation, limits=Limits(max_output_bytes=100_000_000))
    long_attempt.variant = replace(long_attempt.variant, expectation=expectation)
    with pytest.raises(AttemptFailed) as caught:
        long_attempt.transcode(signal_at_first_progress(number))
    assert caught.value.error_class is error_class


# The size of a disk (bytes) with a little more room than a small output may take beside the floor.
_ROOM = 300 * 1024**2


_RAW = ("-map", "0:0", "-c:v", "rawvideo", "-f", "nut")


@pytest.mark.parametrize("estimate", [1_000_000, _ROOM])
def test_an_output_that_meets_the_end_of_its_disk_is_to_blame_once_it_has_outgrown_its_estimate(
    estimate: int, long_attempt: Attempt, tmp_path: Path
) -> None:
    long_attempt.variant = replace(long_attempt.variant, output_arguments=_RAW)
    long_attempt.plan = replace(long_attempt.plan, output_estimate=estimate)
    with small_disk(tmp_path / "disk", size=_ROOM) as disk:
        long_attempt.output = disk / "output.nut"
        with pytest.raises(AttemptFailed if estimate < _ROOM else Unavailable) as caught:
            long_attempt.transcode()
    if estimate < _ROOM:
        assert caught.value.error_class is ErrorClass.OUTPUT_TOO_LARGE
        assert "where about 1 MB were expected" in str(caught.value)
    else:
        assert caught.value.error_class is ErrorClass.DISK_FULL


def test_an_output_that_fills_its_disk_to_the_last_block_is_to_blame_once_it_has_outgrown_its_estimate(
    long_attempt: Attempt, tmp_path: Path
) -> None:
    """Other files fill the disk during the run: ffmpeg itself finds no room, before its limit of file size."""
    at_its_own_speed = (*long_attempt.variant.input_arguments, "-re")
    long_attempt.variant = replace(long_attempt.variant, input_arguments=at_its_own_speed, output_arguments=_RAW)
    long_attempt.plan = replace(long_attempt.plan, output_estimate=1_000_000)
    with small_disk(tmp_path / "disk", size=_ROOM) as disk:
        ballast = disk / "ballast"

        def fill_the_rest(_: Progress) -> None:
            if not ballast.exists():
                ballast.write_bytes(bytes(_ROOM - 40_000_000))

        long_attempt.output = disk / "output.nut"
        with pytest.raises(AttemptFailed) as caught:
            long_attempt.transcode(fill_the_rest)
    assert caught.value.error_class is ErrorClass.OUTPUT_TOO_LARGE


def test_a_full_disk_is_not_the_tasks_fault(attempt: Attempt, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=16k", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        attempt.output = disk / "output.mp4"
        with pytest.raises(Unavailable) as caught:
            attempt.transcode()
    finally:
        subprocess.run(["/usr/bin/umount", disk], check=True)
    assert caught.value.error_class is ErrorClass.DISK_FULL


def test_a_log_that_claims_a_full_disk_is_not_believed(attempt: Attempt) -> None:
    attempt.variant = replace(attempt.variant, output_arguments=("-map", "0:No space left on device"))
    with pytest.raises(AttemptFailed) as caught:
        attempt.transcode()
    assert caught.value.error_class is ErrorClass.TRANSCODE_FAILED
    assert "No space left on device" in caught.value.log_tail


def test_a_failure_carries_the_end_of_the_log(attempt: Attempt) -> None:
    attempt.variant = replace(attempt.variant, output_arguments=("-c:v", "nonsense", "-f", "mp4"))
    with pytest.raises(AttemptFailed, match="ffmpeg ended with code") as caught:
        attempt.transcode()
    assert caught.value.error_class is ErrorClass.TRANSCODE_FAILED
    assert "Unknown encoder 'nonsense'" in caught.value.log_tail
    assert "nonsense" not in str(caught.value)
    assert len(caught.value.log_tail) <= LOG_TAIL_LIMIT
