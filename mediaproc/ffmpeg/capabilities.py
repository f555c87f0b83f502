"""Which of the encoders, decoders and filters that our recipes need an ffmpeg has, as it lists them itself."""

import re
import subprocess
from functools import lru_cache
from pathlib import Path

from mediaproc.core.decoders import USUAL_DECODERS
from mediaproc.core.errors import PartMissing
from mediaproc.daemon_thread import run_in_daemon_thread

_ANSWER_LIMIT = 30.0
# ` V....D libx264   libx264 H.264 ...`, ` T.C bwdif   V->V   ...`
_LINE = re.compile(r"^ [A-Z.]{2,6} (\S+) ", re.MULTILINE)

# ` DEV.LS h264   H.264 ... (decoders: ...)`; the line of a codec without a decoder begins with a dot.
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

# What draws timelines, beside those.
DRAWING_FILTERS = (
    *(
        "alphaextract",
        "alphamerge",
        "ass",
        "blend",
        "chromakey",
        "color",
        "concat",
        "crop",
        "eq",
        "fillborders",
        "format",
    ),
    *(
        "fps",
        "gblur",
        "geq",
        "hflip",
        "loop",
        "lut3d",
        "lutyuv",
        "negate",
        "reverse",
        "rotate",
        "setpts",
        "settb",
        "split",
    ),
    *("tpad", "transpose", "trim", "vflip", "xfade"),
    *("adelay", "afade", "amix", "apad", "areverse", "asetnsamples", "asetpts", "asetrate", "atempo", "atrim"),
    *("volume", "premultiply"),
)


def missing_encoders(ffmpeg: Path) -> tuple[str, ...]:
    """Those of ENCODERS that this ffmpeg lacks; without them nothing can be encoded."""
    return _missing(ffmpeg, "-encoders", ENCODERS)


def require_encoders(ffmpeg: Path) -> None:
    """Passes where this ffmpeg has ENCODERS, and where it does not list its encoders.

    Raises:
        PartMissing: it lacks one of them, so that each of an executor's attempts would fail.
    """
    # Side by side with the question that comes next in the start of an executor.
    asked = run_in_daemon_thread(lambda: decodable_codecs(ffmpeg), name="decoders")
    there = _there(ffmpeg, "-encoders")
    asked.result()
    lacking = [name for name in ENCODERS if name not in there]
    if there and lacking:
        raise PartMissing(
            f"{ffmpeg} lacks the encoder {' and '.join(lacking)}: install an ffmpeg that has it, or name one in"
            " MEDIAPROC_FFMPEG."
        )


def missing_filters(ffmpeg: Path) -> tuple[str, ...]:
    """Those of FILTERS and DRAWING_FILTERS that this ffmpeg lacks; only sources that need one of them fail."""
    return _missing(ffmpeg, "-filters", (*FILTERS, *DRAWING_FILTERS))


@lru_cache
def decodable_codecs(ffmpeg: Path) -> frozenset[str] | None:
    """The codecs that this ffmpeg has a decoder for, asked once; None where it does not list them."""
    answer = _answer(ffmpeg, "-codecs")
    return frozenset(_DECODED.findall(answer)) or None


def missing_decoders(ffmpeg: Path) -> frozenset[str]:
    """Those of USUAL_DECODERS that this ffmpeg lacks, none where it does not list them.

    An attempt that needs one of them is released, for a node that has it.
    """
    codecs = decodable_codecs(ffmpeg)
    return frozenset() if codecs is None else USUAL_DECODERS - codecs


def _missing(ffmpeg: Path, question: str, needed: tuple[str, ...]) -> tuple[str, ...]:
    there = _there(ffmpeg, question)
    return tuple(name for name in needed if name not in there)


def _there(ffmpeg: Path, question: str) -> frozenset[str]:
    """The names that this ffmpeg lists, none where it does not answer."""
    return frozenset(_LINE.findall(_answer(ffmpeg, question)))


def _answer(ffmpeg: Path, question: str) -> str:
    """What this ffmpeg prints, empty where it does not answer."""
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
