"""An ffmpeg that has every encoder but the one that an mp4 needs."""

from pathlib import Path

_FFMPEG = """#!/bin/sh
case "$*" in
  *-encoders*) /usr/bin/env ffmpeg "$@" | grep -v libx264 ;;
  *libx264*) echo "Unknown encoder 'libx264'" >&2; exit 8 ;;
  *) exec /usr/bin/env ffmpeg "$@" ;;
esac
"""


def make_ffmpeg_without_encoder(folder: Path) -> Path:
    """The program, in the folder."""
    program = folder / "ffmpeg"
    program.write_text(_FFMPEG)
    program.chmod(0o755)
    return program
