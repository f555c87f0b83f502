"""Examines the scratch space, the CPUs and the memory that this process may use."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mediaproc.config import Settings
from mediaproc.core.ffmpeg_memory import USUAL_TRANSCODE
from mediaproc.core.limits import DISK_FLOOR
from mediaproc.doctor.findings import Finding, State, fine
from mediaproc.machine import usable_cpus, usable_memory

# Bytes. Not the disk floor, below which nothing is claimed: with less free than this a long film may not fit.
_ENOUGH_FOR_A_LONG_FILM = 10 * 1000**3
_MEGA, _GIGA = 1000**2, 1000**3


def examine_machine(settings: Settings) -> Iterator[Finding]:
    """The findings on scratch space, CPUs and memory."""
    yield _scratch(settings.scratch_folder)
    cpus = usable_cpus()
    if settings.slots > cpus:
        yield Finding(
            part="CPUs",
            state=State.WARNING,
            fact=f"{settings.slots} slots on {cpus} CPUs that this process may use",
            remedy=f"Set MEDIAPROC_SLOTS to {cpus}: more only slows each transcode down.",
        )
    else:
        yield fine("CPUs", f"{cpus} that this process may use, {settings.slots} slots")
    yield _memory(usable_memory(), slots=settings.slots)


def _scratch(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"room")
        disk = shutil.disk_usage(folder)
    except OSError as error:
        remedy = "Set MEDIAPROC_SCRATCH to a folder that this user may write to."
        fact = f"{folder} cannot be written ({error.strerror})"
        return Finding(part="scratch", state=State.MISSING, fact=fact, remedy=remedy)
    floor = f"the {DISK_FLOOR / _MEGA:,.0f} MB that are left alone"
    if disk.total <= DISK_FLOOR:
        remedy = "Give MEDIAPROC_SCRATCH a larger disk: no executor starts on this one."
        fact = f"the whole disk of {folder} has {disk.total / _MEGA:,.0f} MB, no more than {floor}"
        return Finding(part="scratch", state=State.MISSING, fact=fact, remedy=remedy)
    if disk.free < DISK_FLOOR:
        remedy = "Make room there, or give MEDIAPROC_SCRATCH a larger disk: nothing is claimed until there is room."
        fact = f"{disk.free / _MEGA:,.0f} MB free in {folder}, less than {floor}"
        return Finding(part="scratch", state=State.WARNING, fact=fact, remedy=remedy)
    fact = f"{disk.free / _GIGA:.1f} GB free in {folder}"
    if disk.free < _ENOUGH_FOR_A_LONG_FILM:
        remedy = "Give MEDIAPROC_SCRATCH a larger disk: each running task needs its source and its output there."
        return Finding(part="scratch", state=State.WARNING, fact=fact, remedy=remedy)
    return fine("scratch", fact)


def _memory(size: int, *, slots: int) -> Finding:
    fact = f"{size / _GIGA:.1f} GB that this process may use"
    if size < slots * USUAL_TRANSCODE:
        remedy = "Use fewer slots: a transcode may take about 1 GB."
        return Finding(part="memory", state=State.WARNING, fact=fact, remedy=remedy)
    return fine("memory", fact)
