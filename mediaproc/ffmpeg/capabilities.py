"""What an ffmpeg can do that our recipes need, as it says itself."""

import re
import subprocess
from pathlib import Path

_ANSWER_LIMIT = 30.0
# ` V....D libx264   libx264 H.264 ...`, ` T.C bwdif   V->V   ...`
_LINE = re.compile(r"^ [A-Z.]{2,6} (\S+) ", re.MULTILINE)

ENCODERS = ("libx264", "aac")
FILTERS = ("scale", "setsar", "bwdif", "zscale", "tonemap", "aresample")


def missing_encoders(ffmpeg: Path) -> tuple[str, ...]:
    """Those of ENCODERS that it lacks; without them nothing can be encoded."""
    return _missing(ffmpeg, "-encoders", ENCODERS)


def missing_filters(ffmpeg: Path) -> tuple[str, ...]:
    """Those of FILTERS that it lacks; without one, sources that need it fail and others do not."""
    return _missing(ffmpeg, "-filters", FILTERS)


def _missing(ffmpeg: Path, question: str, needed: tuple[str, ...]) -> tuple[str, ...]:
    try:
        answer = subprocess.run(
            [ffmpeg, "-hide_banner", "-v", "error", question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return needed
    there = set(_LINE.findall(answer.stdout))
    return tuple(name for name in needed if name not in there)
