"""Examines ffmpeg and ffprobe: their version, encoders, filters, decoders, and the sandbox around them."""

from collections.abc import Iterator
from pathlib import Path

from mediaproc.doctor.findings import Finding, State, fine
from mediaproc.ffmpeg.capabilities import ENCODERS, missing_encoders, missing_filters
from mediaproc.ffmpeg.runner import Confinement, FfmpegRunner


def examine_ffmpeg(runner: FfmpegRunner) -> Iterator[Finding]:
    """The findings on the programs, on what they can do, and on what confines them."""
    programs = runner.describe()
    yield fine("ffmpeg", f"{programs.version} at {programs.ffmpeg}")
    yield fine("ffprobe", str(programs.ffprobe))
    yield from _encoders(programs.ffmpeg)
    yield from _decoders(runner)
    yield _sandbox(programs)


def _sandbox(programs: Confinement) -> Finding:
    if programs.isolated and programs.filtered:
        return fine("sandbox", programs.sentence)
    return Finding(
        part="sandbox",
        state=State.WARNING,
        fact=programs.sentence,
        remedy=(
            "Use a kernel with seccomp on x86_64 or aarch64, and an ffmpeg of that machine."
            if programs.isolated
            else "Install bubblewrap and allow user namespaces; MEDIAPROC_SANDBOX=require insists on it."
        ),
    )


def _encoders(ffmpeg: Path) -> Iterator[Finding]:
    lacking = missing_encoders(ffmpeg)
    if lacking:
        yield Finding(
            part="encoders",
            state=State.MISSING,
            fact=f"{ffmpeg} lacks {', '.join(lacking)}",
            remedy="Install a build of ffmpeg with them, such as Debian's or the one of mediaproc[embedded].",
        )
    else:
        yield fine("encoders", ", ".join(ENCODERS))
    filters = missing_filters(ffmpeg)
    if filters:
        yield Finding(
            part="filters",
            state=State.WARNING,
            fact=f"{ffmpeg} lacks {', '.join(filters)}",
            remedy="Sources that need them (HDR, interlaced, drafts) will fail: install a fuller build of ffmpeg.",
        )


def _decoders(runner: FfmpegRunner) -> Iterator[Finding]:
    lacking = sorted(runner.lacking_decoders)
    if lacking:
        yield Finding(
            part="decoders",
            state=State.WARNING,
            fact=f"{runner.describe().ffmpeg} lacks {', '.join(lacking)}",
            remedy="An executor here leaves sources that need them to other nodes: install a whole build of ffmpeg.",
        )
