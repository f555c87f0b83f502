"""An ffmpeg that waits before each encode: its executor stays busy, however fast the machine is."""

import os
from pathlib import Path

# The shell waits in opening a pipe. It starts no process to wait with, which would pass for an ffmpeg.
_FFMPEG = """#!/bin/sh
case "$*" in *"{holds}"*) if {held}; then {progress}: <"$0.pipe"; fi ;; esac
exec /usr/bin/env ffmpeg "$@"
"""
_EVERY, _FIRST = "true", 'mkdir "$0.holds-one" 2>/dev/null'


class HeldFfmpeg:
    """The program for every executor that has its `settings`; it holds every encode, or only the first.

    `holds` is what stands among the arguments of what it holds. `says_done` is how many seconds of film a held encode
    reports as done.
    """

    def __init__(self, folder: Path, *, only_first: bool = False, says_done: float = 0, holds: str = "libx264") -> None:
        progress = rf"printf 'out_time_us={says_done * 1e6:.0f}\nspeed=1x\nprogress=continue\n'; " if says_done else ""
        self._program = folder / "ffmpeg"
        self._program.write_text(_FFMPEG.format(holds=holds, held=_FIRST if only_first else _EVERY, progress=progress))
        self._program.chmod(0o755)
        os.mkfifo(self._pipe)

    @property
    def settings(self) -> dict[str, str]:
        """Without a sandbox, in which the program could not open the pipe."""
        return {"ffmpeg": str(self._program), "sandbox": "off"}

    def let_go(self) -> None:
        """From now on every encode goes on to its end."""
        # It stays open for as long as the tests last, so that later encodes do not wait.
        os.open(self._pipe, os.O_RDWR)

    @property
    def _pipe(self) -> Path:
        return self._program.with_name("ffmpeg.pipe")
