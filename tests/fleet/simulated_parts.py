"""What stands in the place of ffmpeg and of the store: an attempt waits as long as its source says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from mediaproc.attempt_context import AttemptContext, AttemptObserver
from mediaproc.core.errors import ClaimLost, Stopped
from mediaproc.core.keys import rendition_key
from mediaproc.core.progress import Progress
from mediaproc.core.stage import Stage
from mediaproc.core.task import ClaimedTask, Outcome, Rendition, Report
from mediaproc.core.wait import Wait
from mediaproc.ffmpeg.runner import Confinement

BUCKET = "fleet"
# A source of so many bytes is worked on for a second.
BYTES_A_SECOND = 1_000_000
# Seconds that a stage may take beyond its task's own.
_ALLOWANCE = 600.0
_STAGES = (Stage.DOWNLOAD, Stage.PROBE, Stage.TRANSCODE, Stage.VERIFY, Stage.UPLOAD)


def work(task: ClaimedTask, *, context: AttemptContext, observer: AttemptObserver, **_: object) -> Outcome:
    """One attempt in the place of `mediaproc.work.work`: what it tells its observer is the same, but it only waits."""
    seconds = task.size / BYTES_A_SECOND
    report = Report(stage_seconds={str(stage): seconds / len(_STAGES) for stage in _STAGES}, cpu_seconds=seconds)
    try:
        for stage in _STAGES:
            if stage is Stage.UPLOAD:
                key = rendition_key(task.claim_token, profile=task.profile, extension="mp4")
                observer.announce_output(bucket=context.store.bucket, key=key)
            with _slot(task, context=context, observer=observer) if stage is Stage.TRANSCODE else nullcontext():
                observer.enter_stage(stage, allowance=seconds + _ALLOWANCE)
                if stage is Stage.TRANSCODE:
                    _encode(seconds, observer=observer)
                observer.leave_stage()
    except (Stopped, ClaimLost):
        return Outcome(ending=None, report=report)
    return Outcome(ending=_rendition(task, duration=seconds), report=report)


@contextmanager
def _slot(task: ClaimedTask, *, context: AttemptContext, observer: AttemptObserver) -> Iterator[None]:
    """The slot of an encode; a task that was claimed ahead waits for it."""
    on_wait = partial(observer.begin_wait, Wait.SLOT)
    with context.slots.take(position=task.position, stop=observer.stop, on_wait=on_wait):
        observer.end_wait()
        yield


def _encode(seconds: float, *, observer: AttemptObserver) -> None:
    observer.note_encode(threads=1)
    observer.note_progress(Progress(seconds=seconds / 2, fraction=0.5))
    if observer.stop.wait(seconds):
        raise Stopped("told to stop")


def _rendition(task: ClaimedTask, *, duration: float) -> Rendition:
    key = rendition_key(task.claim_token, profile=task.profile, extension="mp4")
    return Rendition(
        bucket=BUCKET,
        key=key,
        url=f"https://videos.example/{key}",
        size=task.size,
        sha256="0" * 64,
        decision="encode",
        flags=("video_codec",),
        verification="verified",
        salvaged_ratio=None,
        duration=duration,
        width=1280,
        height=720,
        video_codec="h264",
        audio_codec="aac",
    )


class SimulatedStore:
    """A store that nothing is kept in: the simulation is about the database."""

    bucket = BUCKET

    def check(self) -> None:
        """It is always there."""

    def delete(self, key: str) -> None:
        """There is nothing to delete."""


class SimulatedRunner:
    """An ffmpeg that has every decoder and is never started."""

    lacking_decoders: frozenset[str] = frozenset()

    def describe(self) -> Confinement:
        return Confinement(
            ffmpeg=Path("ffmpeg"),
            ffprobe=Path("ffprobe"),
            version="0",
            isolated=True,
            filtered=True,
            sentence="simulated",
        )


def stand_in(product: Any, name: str, replacement: Callable[..., Any] | float) -> None:  # noqa: ANN401
    """Put `replacement` in the place of the product's `name`, which must be there: else the simulation is not of it."""
    if not hasattr(product, name):
        raise LookupError(f"{product!r} has no {name} any more")
    setattr(product, name, replacement)
