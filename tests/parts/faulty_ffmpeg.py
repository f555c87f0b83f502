"""An ffmpeg that cannot encode what an mp4 needs, which it says at the start or shows only then, or not decode HEVC."""

from pathlib import Path

_WITHOUT_ENCODER = """#!/bin/sh
case "$*" in
  *-encoders*) /usr/bin/env ffmpeg "$@" | grep -v libx264 ;;
  *libx264*) echo "Unknown encoder 'libx264'" >&2; exit 8 ;;
  *) exec /usr/bin/env ffmpeg "$@" ;;
esac
"""
_BROKEN = """#!/bin/sh
case "$*" in
  *libx264*) echo "Illegal instruction" >&2; exit 1 ;;
  *) exec /usr/bin/env ffmpeg "$@" ;;
esac
"""
_WITHOUT_DECODER = """#!/bin/sh
case "$*" in
  *-codecs*) /usr/bin/env ffmpeg "$@" | sed 's/^ D\\(..... hevc \\)/ .\\1/' ;;
  *) exec /usr/bin/env ffmpeg "$@" ;;
esac
"""


def make_ffmpeg_without_encoder(folder: Path) -> Path:
    """The program, in the folder."""
    return _make(_WITHOUT_ENCODER, folder=folder)


def make_broken_ffmpeg(folder: Path) -> dict[str, str]:
    """The settings of a node with it: every encode fails, and nothing tells before. A sandbox would not let it run."""
    return {"ffmpeg": str(_make(_BROKEN, folder=folder)), "sandbox": "off"}


def make_ffmpeg_without_decoder(folder: Path) -> dict[str, str]:
    """The settings of a node with one that has no decoder for HEVC."""
    return {"ffmpeg": str(_make(_WITHOUT_DECODER, folder=folder)), "sandbox": "off"}


def _make(script: str, *, folder: Path) -> Path:
    program = folder / "ffmpeg"
    program.write_text(script)
    program.chmod(0o755)
    return program
