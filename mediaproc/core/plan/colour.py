"""Which colours a picture is in, where its tags say it and where they do not."""

from collections.abc import Mapping
from dataclasses import dataclass

from mediaproc.core.probe import VideoStream

# The transfers of HDR: PQ and HLG, which a standard screen shows grey.
_HDR = frozenset({"smpte2084", "arib-std-b67"})

_RGB = ("gbr", "rgb", "bgr", "argb", "abgr", "0rgb", "0bgr", "x2rgb", "x2bgr", "pal8")

# From so many lines on, players take a picture that does not name its matrix to be in that of HD.
_LINES_OF_HD = 720


@dataclass(frozen=True, kw_only=True)
class Colours:
    """ffmpeg's names for a matrix, its primaries and its transfer."""

    matrix: str
    primaries: str
    transfer: str


BT709 = Colours(matrix="bt709", primaries="bt709", transfer="bt709")
BT601 = Colours(matrix="smpte170m", primaries="smpte170m", transfer="smpte170m")
_BT2020 = Colours(matrix="bt2020nc", primaries="bt2020", transfer="bt2020-10")

# Where only the primaries are named, they tell of the matrix.
_BY_PRIMARIES: Mapping[str, Colours] = {
    "bt709": BT709,
    "bt2020": _BT2020,
    "smpte170m": BT601,
    "bt470bg": BT601,
}


def is_hdr(video: VideoStream) -> bool:
    """Whether the picture's transfer is PQ or HLG."""
    return video.color_transfer in _HDR


def is_rgb(video: VideoStream) -> bool:
    """Whether its pixels are red, green and blue, so that no matrix is needed to read them."""
    return video.pixel_format.startswith(_RGB)


def assumed(video: VideoStream) -> Colours | None:
    """The colours of a picture that does not say in which matrix it is; None where it says so, or needs none."""
    if video.color_space or is_rgb(video) or is_hdr(video):
        return None
    by_size = BT709 if video.height >= _LINES_OF_HD else BT601
    return _BY_PRIMARIES.get(video.color_primaries, by_size)
