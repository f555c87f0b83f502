"""Why a child failed, and by whose fault.

An attacker can write the log, so the log alone never decides that an attempt is released without a strike.
"""

import os
import signal
from pathlib import Path
from typing import assert_never

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, MediaprocError, Stopped, Unavailable
from mediaproc.core.plan.model import Plan
from mediaproc.core.probe_document import no_video_file
from mediaproc.core.safe_text import shown
from mediaproc.ffmpeg.child import Ended
from mediaproc.ffmpeg.error_log import MEMORY_WORDS
from mediaproc.ffmpeg.sandbox import SHELL_NAME, Sandbox
from mediaproc.ffmpeg.sandbox_detection import trial
from mediaproc.ffmpeg.watchdog import Cause

# How messages of the confining programs begin; they are written before the tool runs at all.
_SANDBOX_COMPLAINTS = tuple(f"{name}: ".encode() for name in ("bwrap", "setpriv", "nice", SHELL_NAME))

_TOO_MANY_STREAMS = "exceeds max_streams"
_DISK_FULL = "No space left on device"
# A log's "disk full" is believed where the output's disk has less room than this (bytes). Less than the disk floor,
# which ffmpeg's own limit of file size leaves free: it is another process that fills the disk below it.
_NEARLY_FULL = 64 * 1024 * 1024

# An output larger than this has outgrown its estimate (ratio, bytes). A lively film of twice the frame rate that
# estimates assume stays below.
_OUTGROWN, _OUTGROWN_MARGIN = 2.0, 16 * 1024 * 1024

_SENTENCE_LIMIT = 200


def refusal(ended: Ended, *, program: str, sandbox: Sandbox) -> MediaprocError | None:
    """The error of a child that was ended or crashed, whatever its work; None where it ended by itself.

    `sandbox` is the one in which the child ran.
    """
    if ended.cause is not None:
        return _ended_by_us(ended, ended.cause, program=program)
    if ended.code != 0 and ended.log_head.startswith(_SANDBOX_COMPLAINTS):
        return _without_sandbox(ended, program=program, sandbox=sandbox)
    if ended.is_oom_killed:
        return Unavailable(
            f"This node ran out of memory, and its kernel killed {program}; the task waits.",
            error_class=ErrorClass.MEMORY_PRESSURE,
        )
    if ended.signal is not None:
        return _ended_by_signal(ended, ended.signal, program=program)
    if ended.code != 0 and asks_for_memory(ended):
        return _out_of_memory(ended, program=program)
    return None


def refuse_short_of_memory(ended: Ended, *, plan: Plan, program: str, has_asked_for_memory: bool = False) -> None:
    """Raises AttemptFailed where the child wanted more memory than its plan gives, even if it went on without.

    A plan that is roomy has no successor with more memory: pictures left out under it count as damaged ones do.
    """
    if ended.cause is None and not plan.is_roomy and (has_asked_for_memory or asks_for_memory(ended)):
        raise _out_of_memory(ended, program=program)


def asks_for_memory(ended: Ended) -> bool:
    """Whether its log says that it got less memory than it wanted, a thread's stack among that."""
    return any(words in ended.log_tail for words in MEMORY_WORDS)


def _out_of_memory(ended: Ended, *, program: str) -> AttemptFailed:
    return _failed(f"{program} wanted more memory than its limit", ended, ErrorClass.OUT_OF_MEMORY)


def _without_sandbox(ended: Ended, *, program: str, sandbox: Sandbox) -> MediaprocError:
    """The error of a child that reports a fault of its sandbox; a child that an upload took over can write that too."""
    # The trial runs a shell without any file of this attempt, which no upload can take over: if the shell cannot run
    # now, neither can any other task.
    complaint = trial(sandbox, tool=sandbox.programs.sh, arguments=("-c", ":"))
    if complaint is None:
        what = f"{program} could not be started for this file ({_last_line(ended)})"
        return _failed(what, ended, ErrorClass.TRANSCODE_FAILED)
    return Unavailable(
        f"ffmpeg's sandbox cannot be set up now ({complaint}); the task waits.",
        error_class=ErrorClass.SANDBOX_UNAVAILABLE,
    )


def _ended_by_us(ended: Ended, cause: Cause, *, program: str) -> MediaprocError:
    match cause:
        case Cause.STOPPED:
            return Stopped(f"{program} was told to stop.")
        case Cause.STALLED:
            return _failed(f"{program} made no progress for too long and was ended", ended, ErrorClass.STALLED)
        case Cause.TIMED_OUT:
            return _failed(f"{program} took longer than its limit and was ended", ended, ErrorClass.TIMED_OUT)
        case _:
            assert_never(cause)


def _ended_by_signal(ended: Ended, number: int, *, program: str) -> AttemptFailed:
    match number:
        case signal.SIGXCPU:
            return _failed(f"{program} used more CPU time than its limit and was ended", ended, ErrorClass.TIMED_OUT)
        case signal.SIGXFSZ:
            return _failed(f"{program} wrote more than its limit and was ended", ended, ErrorClass.OUTPUT_TOO_LARGE)
        case signal.SIGKILL:
            return _failed(f"{program} was killed, most likely for want of memory", ended, ErrorClass.OUT_OF_MEMORY)
        case _:
            name = signal.Signals(number).name
            return _failed(f"{program} crashed ({name})", ended, ErrorClass.TRANSCODE_FAILED)


def unreadable(ended: Ended) -> BadSource:
    """The error of a source that ffprobe cannot read."""
    if has_too_many_streams(ended):
        return BadSource("The file has more streams than are accepted.", error_class=ErrorClass.TOO_MANY_STREAMS)
    return no_video_file()


def has_too_many_streams(ended: Ended) -> bool:
    """Whether ffprobe stopped at too many streams; what it logs after that is about memory, and misleads."""
    return ended.code != 0 and ended.cause is None and _TOO_MANY_STREAMS in ended.log_tail


def transcode_failure(ended: Ended, *, output: Path, expected: int) -> AttemptFailed | Unavailable | None:
    """The error of an ffmpeg that ended by itself; None for exit code 0, which proves little."""
    # Where the disk fills up while the index is written, ffmpeg logs that and exits with 0.
    if _DISK_FULL in ended.log_tail and _is_nearly_full(output.parent):
        return no_room(ended, output=output, expected=expected)
    if ended.code == 0:
        return None
    # The log holds ffmpeg's own words, for experts.
    what = f"ffmpeg ended with code {ended.code} before the rendition was made; its log tells more"
    return _failed(what, ended, ErrorClass.TRANSCODE_FAILED)


def no_room(ended: Ended, *, output: Path, expected: int) -> AttemptFailed | Unavailable:
    """The error of an output that found its disk full.

    It is the disk's fault while the output is within `expected`, the plan's estimate (bytes). An output that has
    outgrown its estimate would fill other disks too.
    """
    size = output.stat().st_size if output.is_file() else 0
    if size <= expected * _OUTGROWN + _OUTGROWN_MARGIN:
        return Unavailable(
            f"The disk of {output.parent} is full: make room, or give MEDIAPROC_SCRATCH another one.",
            error_class=ErrorClass.DISK_FULL,
        )
    return AttemptFailed(
        f"The output came to {size / 1e6:.0f} MB where about {expected / 1e6:.0f} MB were expected, and the scratch"
        " disk has no room for more: give MEDIAPROC_SCRATCH a larger one, and retry the task.",
        error_class=ErrorClass.OUTPUT_TOO_LARGE,
        log_tail=ended.log_tail,
    )


def _failed(what: str, ended: Ended, error_class: ErrorClass) -> AttemptFailed:
    return AttemptFailed(f"{what}.", error_class=error_class, log_tail=ended.log_tail)


def _last_line(ended: Ended) -> str:
    lines = ended.log_tail.splitlines()
    return shown(lines[-1], limit=_SENTENCE_LIMIT) if lines else f"code {ended.code}"


def _is_nearly_full(folder: Path) -> bool:
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize < _NEARLY_FULL
