"""Finds the strongest sandbox that can run on this node, by trying."""

import platform
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, assert_never

from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.core.ffmpeg_memory import PROBE_DATA, PROBE_MEMORY
from mediaproc.core.safe_text import shown
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.sandbox import Programs, Rlimits, Sandbox
from mediaproc.ffmpeg.seccomp import has_filter
from mediaproc.ffmpeg.watchdog import Cause, WatchdogLimits

SandboxSetting = Literal["auto", "require", "off"]

_TRIAL_LIMIT = 30.0
_TRIAL_RLIMITS = Rlimits(memory=PROBE_MEMORY, data=PROBE_DATA, cpu=20)


def find_sandbox(setting: SandboxSetting, *, tool: Path) -> Sandbox:
    """The strongest sandbox in which `tool` answers to `-version` here, as far as the setting allows.

    Raises:
        PartMissing: the setting requires bubblewrap, which cannot run; or not even the limits can be set.
    """
    bare = Sandbox(programs=_programs())
    match setting:
        case "off":
            return _bare(bare, tool=tool, reason="MEDIAPROC_SANDBOX is off")
        case "auto" | "require":
            found, reason = _bubblewrap(bare, tool=tool)
            if found is not None:
                return found
            if setting == "require":
                raise PartMissing(
                    f"MEDIAPROC_SANDBOX requires bubblewrap, but {reason}:"
                    " install it and allow user namespaces, or set MEDIAPROC_SANDBOX=auto."
                )
            return _bare(bare, tool=tool, reason=reason)
        case _:
            assert_never(setting)


def trial(sandbox: Sandbox, *, tool: Path, arguments: tuple[str, ...] = ("-version",)) -> str | None:
    """None where the tool runs in this sandbox, else the reason in one line."""
    command = sandbox.for_child().command(tool, arguments=arguments, rlimits=_TRIAL_RLIMITS)
    try:
        ended = run(command, limits=WatchdogLimits(wall=_TRIAL_LIMIT), stop=threading.Event(), on_output=lambda _: None)
    except (PartMissing, Unavailable) as error:
        return str(error)
    if ended.cause is Cause.TIMED_OUT:
        return f"it did not end within {_TRIAL_LIMIT:g} s"
    if ended.code == 0:
        return None
    return shown(ended.log_tail, limit=200) or f"it ended with {ended.code}"


def _programs() -> Programs:
    found = {name: shutil.which(name) for name in ("setpriv", "nice", "sh")}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise PartMissing(
            f"There is no {' and no '.join(missing)}: install util-linux and coreutils,"
            " without which ffmpeg cannot be confined."
        )
    # A link is not resolved: BusyBox acts by the name that it is called by.
    return Programs(**{name: Path(path).absolute() for name, path in found.items() if path is not None})


def _bubblewrap(bare: Sandbox, *, tool: Path) -> tuple[Sandbox | None, str]:
    path = shutil.which("bwrap")
    if path is None:
        return None, "bubblewrap is not installed"
    bubblewrap = replace(bare, programs=replace(bare.programs, bwrap=Path(path).absolute()))
    # --disable-userns came with bubblewrap 0.8, and needs a writable /proc/sys, which a container lacks.
    candidates = (replace(bubblewrap, locks_namespaces=True), bubblewrap)
    found, complaint = _first_that_runs(candidates, tool=tool)
    return found, f"bubblewrap cannot run here ({complaint})"


def _bare(bare: Sandbox, *, tool: Path, reason: str) -> Sandbox:
    limited = replace(bare, reason=reason)
    # Root drops its capabilities where it may; for other users the same options change nothing or fail.
    found, complaint = _first_that_runs((replace(limited, drops_capabilities=True), limited), tool=tool)
    if found is None:
        raise PartMissing(f"{tool} does not run under its limits ({complaint}): install another build of ffmpeg.")
    return found


def _first_that_runs(candidates: Sequence[Sandbox], *, tool: Path) -> tuple[Sandbox | None, str]:
    """The first candidate in which the tool runs, with the filter of system calls if it runs in any with it.

    Returns also the reason of the last candidate that failed.
    """
    complaint = f"there is none for {platform.machine()}"
    if has_filter():
        for candidate in candidates:
            complaint = trial(replace(candidate, filters_calls=True), tool=tool) or ""
            if not complaint:
                return replace(candidate, filters_calls=True), ""
    # Here the kernel has no seccomp, or the tool is a program of another kind of machine, which the filter would kill.
    filter_reason = complaint
    for candidate in candidates:
        complaint = trial(candidate, tool=tool) or ""
        if not complaint:
            return replace(candidate, filter_reason=filter_reason), ""
    return None, complaint
