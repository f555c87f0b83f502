"""An ffmpeg that lacks an encoder or a decoder, or one whose every encode fails."""

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
    """The path of an ffmpeg without libx264, which it tells when it is asked for its encoders."""
    return _make(_WITHOUT_ENCODER, folder=folder)


def make_broken_ffmpeg(folder: Path) -> dict[str, str]:
    """The settings of a node whose every encode fails, without a sign at its start; the script runs unconfined."""
    return {"ffmpeg": str(_make(_BROKEN, folder=folder)), "sandbox": "off"}


def make_ffmpeg_without_decoder(folder: Path) -> dict[str, str]:
    """The settings of a node whose ffmpeg has no decoder for HEVC."""
    return {"ffmpeg": str(_make(_WITHOUT_DECODER, folder=folder)), "sandbox": "off"}


def _make(script: str, *, folder: Path) -> Path:
    program = folder / "ffmpeg"
    program.write_text(script)
    program.chmod(0o755)
    return program
