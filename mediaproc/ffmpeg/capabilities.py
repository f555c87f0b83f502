"""What an ffmpeg can do that our recipes need, as it says itself."""

import re
import subprocess
from functools import lru_cache
from pathlib import Path

from mediaproc.core.decoders import USUAL_DECODERS
from mediaproc.core.errors import PartMissing

_ANSWER_LIMIT = 30.0
# ` V....D libx264   libx264 H.264 ...`, ` T.C bwdif   V->V   ...`
_LINE = re.compile(r"^ [A-Z.]{2,6} (\S+) ", re.MULTILINE)

# ` DEV.LS h264   H.264 ... (decoders: ...)`; a codec that it only knows by name begins with a dot.
_DECODED = re.compile(r"^ D[A-Z.]{5} (\S+)", re.MULTILINE)

ENCODERS = ("libx264", "aac")
FILTERS = (
    *(
        "scale",
        "pad",
        "setsar",
        "setparams",
        "sidedata",
        "bwdif",
        "zscale",
        "tonemap",
        "overlay",
        "drawbox",
        "framestep",
    ),
    *("aresample", "aformat", "alimiter", "pan", "join"),
    *("untile", "signalstats", "metadata", "interleave", "astats", "ametadata", "ainterleave"),
)


def missing_encoders(ffmpeg: Path) -> tuple[str, ...]:
    """Those of ENCODERS that it lacks; without them nothing can be encoded."""
    return _missing(ffmpeg, "-encoders", ENCODERS)


def require_encoders(ffmpeg: Path) -> None:
    """Passes where it has what every film is encoded with, and where it does not say.

    Raises:
        PartMissing: it lacks one: each of an executor's attempts would fail.
    """
    there = _there(ffmpeg, "-encoders")
    lacking = [name for name in ENCODERS if name not in there]
    if there and lacking:
        raise PartMissing(
            f"{ffmpeg} lacks the encoder {' and '.join(lacking)}: install an ffmpeg that has it, or name one in"
            " MEDIAPROC_FFMPEG."
        )


def missing_filters(ffmpeg: Path) -> tuple[str, ...]:
    """Those of FILTERS that it lacks; without one, sources that need it fail and others do not."""
    return _missing(ffmpeg, "-filters", FILTERS)


@lru_cache
def decodable_codecs(ffmpeg: Path) -> frozenset[str] | None:
    """The codecs that it has a decoder for; asked once. None where it does not say."""
    answer = _answer(ffmpeg, "-codecs")
    return frozenset(_DECODED.findall(answer)) or None


def missing_decoders(ffmpeg: Path) -> frozenset[str]:
    """Those of USUAL_DECODERS that it lacks, none where it does not say; who needs one is left to another node."""
    codecs = decodable_codecs(ffmpeg)
    return frozenset() if codecs is None else USUAL_DECODERS - codecs


def _missing(ffmpeg: Path, question: str, needed: tuple[str, ...]) -> tuple[str, ...]:
    there = _there(ffmpeg, question)
    return tuple(name for name in needed if name not in there)


def _there(ffmpeg: Path, question: str) -> frozenset[str]:
    """The names that it lists, none where it cannot be asked."""
    return frozenset(_LINE.findall(_answer(ffmpeg, question)))


def _answer(ffmpeg: Path, question: str) -> str:
    """What it says, empty where it cannot be asked."""
    try:
        answer = subprocess.run(
            [ffmpeg, "-hide_banner", "-v", "error", question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={},  # no credential
            cwd="/",
            text=True,
            errors="replace",
            timeout=_ANSWER_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout
