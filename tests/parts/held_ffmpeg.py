"""An ffmpeg that does not encode before it may: whoever is at work stays so, however fast the machine is."""

import os
from pathlib import Path

# The shell waits in opening the gate, a pipe, and needs no other process to wait with: one would pass for an ffmpeg.
_FFMPEG = """#!/bin/sh
case "$*" in *libx264*) if {held}; then {progress}: <"$0.gate"; fi ;; esac
exec /usr/bin/env ffmpeg "$@"
"""
_EVERY, _FIRST = "true", 'mkdir "$0.holds-one" 2>/dev/null'


class HeldFfmpeg:
    """For every executor that has its `settings`; it holds every encode, or the first one that comes.

    `says_done` is the seconds of film that a held encode claims to have done.
    """

    def __init__(self, folder: Path, *, only_first: bool = False, says_done: float = 0) -> None:
        progress = rf"printf 'out_time_us={says_done * 1e6:.0f}\nspeed=1x\nprogress=continue\n'; " if says_done else ""
        self._program = folder / "ffmpeg"
        self._program.write_text(_FFMPEG.format(held=_FIRST if only_first else _EVERY, progress=progress))
        self._program.chmod(0o755)
        os.mkfifo(self._backpressure)

    @property
    def settings(self) -> dict[str, str]:
        """In a sandbox it could not see that it may go on."""
        return {"ffmpeg": str(self._program), "sandbox": "off"}

    def let_go(self) -> None:
        """From now on every encode goes on to its end."""
        # For as long as the tests last: whoever comes later finds it open.
        os.open(self._backpressure, os.O_RDWR)

    @property
    def _backpressure(self) -> Path:
        return self._program.with_name("ffmpeg.gate")
