"""Real clips through probe, transcode and verify; and every way in which that can end."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, Stopped, Unavailable
from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan, Variant, make_plan
from mediaproc.core.profile import profile_named
from mediaproc.core.progress import Progress
from mediaproc.core.verification import VerificationResult
from mediaproc.ffmpeg.child import LOG_TAIL_LIMIT
from mediaproc.ffmpeg.cpu_time import Spent, metered
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.ffmpeg.conftest import MakeClip
from tests.ffmpeg.ordinary_user import NOBODY
from tests.ffmpeg.processes import descendants, pid_named
from tests.parts.small_disk import small_disk


class Attempt:
    """One source's way through the runner."""

    def __init__(self, runner: FfmpegRunner, source: Path, output: Path, *, profile: str = "mp4") -> None:
        self.runner, self.source, self.output = runner, source, output
        self.stop = threading.Event()
        probe = runner.probe(source, stop=self.stop)
        self.plan: Plan = make_plan(probe, profile=profile_named(profile), threads=1)
        self.variant: Variant = self.plan.variants[0]

    def transcode(self, on_progress: Callable[[Progress], None] = lambda _: None) -> RunReport:
        return self.runner.transcode(
            self.plan,
            variant=self.variant,
            source=self.source,
            output=self.output,
            on_progress=on_progress,
            stop=self.stop,
        )

    def verdict(self) -> VerificationResult:
        return self.runner.verify(
            self.output, source=self.source, plan=self.plan, variant=self.variant, stop=self.stop
        ).result


@pytest.fixture
def attempt(runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path) -> Attempt:
    return Attempt(runner, make_clip(), tmp_path / "output.mp4")


@pytest.fixture
def long_attempt(runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path) -> Attempt:
    return Attempt(runner, make_clip(seconds=60, size="640x480"), tmp_path / "output.mp4", profile="mp4-quality")


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


def test_a_probe_may_leave_the_packets_alone(runner: FfmpegRunner, make_clip: MakeClip, stop: threading.Event) -> None:
    assert runner.probe(make_clip(), stop=stop, packets=False).videos[0].packets is None
    packets = runner.probe(make_clip(), stop=stop).videos[0].packets
    assert packets is not None
    assert packets.count == 50


@pytest.mark.parametrize(
    ("content", "error_class"),
    [(b"", ErrorClass.EMPTY), (b"no film at all\n" * 1000, ErrorClass.UNREADABLE), (b"\0" * 99, ErrorClass.UNREADABLE)],
)
def test_what_is_no_film_is_refused(
    content: bytes, error_class: ErrorClass, runner: FfmpegRunner, tmp_path: Path, stop: threading.Event
) -> None:
    source = tmp_path / "holiday.avi"
    source.write_bytes(content)
    with pytest.raises(BadSource) as caught:
        runner.probe(source, stop=stop)
    assert caught.value.error_class is error_class


def test_what_is_no_file_is_refused(runner: FfmpegRunner, tmp_path: Path, stop: threading.Event) -> None:
    with pytest.raises(BadSource):
        runner.probe(tmp_path, stop=stop)
    with pytest.raises(AttemptFailed) as caught:
        runner.probe(tmp_path / "gone.avi", stop=stop)
    assert caught.value.error_class is ErrorClass.SOURCE_MISSING
    os.mkfifo(tmp_path / "pipe.avi")
    with pytest.raises(BadSource):
        runner.probe(tmp_path / "pipe.avi", stop=stop)


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


def test_what_an_encode_cost_is_counted_however_it_ends(long_attempt: Attempt) -> None:
    """Killed in its sandbox, it dies after whoever would have waited for it."""
    whole, stopped = Spent(), Spent()
    with metered(whole):
        long_attempt.transcode()

    def stop_in_the_middle(progress: Progress) -> None:
        if progress.seconds > 60 / 3:
            long_attempt.stop.set()

    with metered(stopped), pytest.raises(Stopped):
        long_attempt.transcode(stop_in_the_middle)
    assert stopped.seconds > whole.seconds / 6


def test_a_caller_that_gives_up_leaves_no_ffmpeg(long_attempt: Attempt) -> None:
    def give_up(_: Progress) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        long_attempt.transcode(give_up)
    assert "ffmpeg" not in descendants(os.getpid()).values()


def send(number: signal.Signals) -> Callable[[Progress], None]:
    """Once, at the first progress: it may have written more before the signal came, and be gone when that is read."""
    first = iter([number])

    def on_progress(_: Progress) -> None:
        for each in first:
            os.kill(pid_named("ffmpeg", below=os.getpid()), each)

    return on_progress


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
    # What the disk has no room for would be the disk's fault: this much is free wherever tests run.
    expectation = replace(long_attempt.variant.expectation, limits=Limits(max_output_bytes=100_000_000))
    long_attempt.variant = replace(long_attempt.variant, expectation=expectation)
    with pytest.raises(AttemptFailed) as caught:
        long_attempt.transcode(send(number))
    assert caught.value.error_class is error_class


def test_an_ffmpeg_that_stands_still_is_ended(
    tools: Tools, sandbox: Sandbox, make_clip: MakeClip, tmp_path: Path
) -> None:
    runner = FfmpegRunner(tools, sandbox=sandbox, stall_limit=1.5)
    attempt = Attempt(runner, make_clip(seconds=60, size="640x480"), tmp_path / "output.mp4", profile="mp4-quality")
    with pytest.raises(AttemptFailed) as caught:
        attempt.transcode(send(signal.SIGSTOP))
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


# Bytes of a disk on which a small output has all the room that its estimate leaves it, and a little more than that.
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
    """As when others filled the disk meanwhile: ffmpeg itself finds no room, before its limit of file size."""
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


def test_a_source_of_which_nothing_decodes_is_refused_at_the_last_try(
    runner: FfmpegRunner, make_clip: MakeClip, tmp_path: Path
) -> None:
    """The film's packets are noise: the container probes well, and nothing comes out."""
    source = tmp_path / "noise.mp4"
    source.write_bytes(_noise(make_clip(video="libx264", suffix=".mp4").read_bytes()))
    attempt = Attempt(runner, source, tmp_path / "output.mp4")
    attempt.variant = attempt.plan.variants[-1]
    with pytest.raises(BadSource) as caught:
        _ = (attempt.transcode(), attempt.verdict())
    assert caught.value.error_class is ErrorClass.UNDECODABLE


def test_damage_to_an_output_is_noticed(attempt: Attempt) -> None:
    attempt.transcode()
    assert attempt.verdict() is VerificationResult.VERIFIED
    whole = attempt.output.read_bytes()
    middle = len(whole) * 2 // 3
    attempt.output.write_bytes(whole[:middle] + _always_the_same(500) + whole[middle + 500 :])
    with pytest.raises(AttemptFailed, match="does not decode") as caught:
        attempt.verdict()
    assert caught.value.error_class is ErrorClass.VERIFICATION_FAILED
    attempt.output.write_bytes(_noise(whole))
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


def test_an_output_with_its_index_at_the_end_is_noticed(attempt: Attempt) -> None:
    attempt.variant = replace(
        attempt.variant,
        output_arguments=tuple("-faststart" if a == "+faststart" else a for a in attempt.variant.output_arguments),
    )
    attempt.transcode()
    with pytest.raises(AttemptFailed, match="index stands behind"):
        attempt.verdict()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets files that it may read by privilege alone")
def test_root_probes_another_users_private_file_as_that_user(
    runner: FfmpegRunner, make_clip: MakeClip, open_folder: Path, stop: threading.Event
) -> None:
    source = open_folder / "private.avi"
    source.write_bytes(make_clip().read_bytes())
    source.chmod(0o600)
    os.chown(source, NOBODY, NOBODY)
    assert runner.probe(source, stop=stop).format_name == "avi"


def _noise(clip: bytes) -> bytes:
    """The clip with the contents of its mdat replaced by noise, its length kept."""
    start = clip.index(b"mdat") + 4
    length = int.from_bytes(clip[start - 8 : start - 4], "big") - 8
    return clip[:start] + _always_the_same(length) + clip[start + length :]


def _always_the_same(length: int) -> bytes:
    """Noise of so many bytes: with a little luck, any noise would pass for sound or for a picture."""
    return Random(length).randbytes(length)  # noqa: S311 - no secret
