"""Filter graphs: what happens to a picture between the decoder and the encoder."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ffmpeg
from mediaproc.core.packets import SHORTEST_STEP
from mediaproc.core.plan.decide import is_hdr, is_interlaced
from mediaproc.core.probe import VideoStream

# No side beyond this: H.264 decoders in hardware stop there (pixels).
_LONGEST_SIDE = 4096

# A sample aspect ratio beyond these is a broken header, not a lens.
_WIDEST_PIXEL = 16

# What zscale and setparams both know by these names; anything else in an HDR film is a broken header.
_PRIMARIES = frozenset({"bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "bt2020", "smpte431", "smpte432"})
_MATRICES = frozenset({"gbr", "bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "ycgco", "bt2020nc", "bt2020c"})


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A filter graph for `-filter_complex` and the label of the picture that comes out of it."""

    text: str
    label: str


def display_size(video: VideoStream, *, max_height: int) -> tuple[int, int]:
    """Width and height in pixels of the upright picture with square pixels, even, its shorter side within bounds."""
    sample = video.sample_aspect or Fraction(1)
    if not Fraction(1, _WIDEST_PIXEL) <= sample <= _WIDEST_PIXEL:
        sample = Fraction(1)
    width, height = video.width * sample, Fraction(video.height)
    if round((video.rotation or 0.0) / 90) % 2:
        width, height = height, width
    shrink = min(Fraction(1), max_height / min(width, height), _LONGEST_SIDE / max(width, height))
    return _even(width * shrink), _even(height * shrink)


def _even(side: Fraction) -> int:
    """The nearest side that yuv420p can have: even, at least 2; the smaller one of two that are as near."""
    return max(2, math.ceil(side / 2 - Fraction(1, 2)) * 2)


def film_graph(
    video: VideoStream, *, size: tuple[int, int], held: tuple[float, float] | None, clock_steps: bool = False
) -> Graph:
    """The picture as every browser shows it: progressive, standard range, upright, square pixels, even, 8 bit 4:2:0.

    `held`: (after which time, at which time) in seconds a copy of the last picture is shown once more. `clock_steps`:
    the source's clock steps somewhere, and the picture must not wait there.
    """
    picture = ffmpeg.input("source")[str(video.index)]
    if clock_steps:
        picture = picture.filter("setpts", _without_steps(video))
    picture = _flatten(picture, video, size=size, full_range=False)
    if held is not None:
        after, at = held
        # One copy of the last picture, moved to where its hold ends; a duration here would give a frame for every tick.
        picture = picture.filter("tpad", stop=1, stop_mode="clone")
        picture = picture.filter("setpts", f"if(gt(T,{after:.6f}),{at:.6f}/TB,PTS)")
    return _graph(picture)


def _without_steps(video: VideoStream) -> str:
    """Times in which the picture after a step of the clock, either way, follows the one before it by one tick.

    ffmpeg takes such steps out itself, but of an mpeg program stream, where few packets have a time, not from all
    pictures: one is left where the clock had stepped to, and those after it, back in line, are dropped as too late.
    """
    tick = float(1 / (video.frame_rate or video.highest_rate or 25))
    step = f"if(gt(abs(PTS-PREV_INPTS)*TB,{SHORTEST_STEP:g}),PTS-PREV_INPTS-{tick:.6f}/TB,0)"
    return f"st(1,ld(1)+if(isnan(PREV_INPTS),0,{step}));PTS-ld(1)"


def animation_graph(video: VideoStream, *, size: tuple[int, int], frame_rate: int | None) -> Graph:
    """A gif's picture: few frames (None: all), and a palette made from them instead of the web's 216 colours."""
    picture = _flatten(ffmpeg.input("source")[str(video.index)], video, size=size, full_range=False)
    if frame_rate is not None:
        # pass: a film shorter than one tick would else give no picture at all.
        picture = picture.filter("fps", frame_rate, eof_action="pass")
    branches = picture.filter_multi_output("split")
    palette = branches[0].filter("palettegen", stats_mode="diff")
    # `diff_mode=rectangle` writes only what moved: about half the bytes of a talking head.
    return _graph(ffmpeg.filter([branches[1], palette], "paletteuse", dither="bayer", diff_mode="rectangle"))


def poster_graph(video: VideoStream, *, size: tuple[int, int], skip_black: bool) -> Graph:
    """The most telling of the first 50 pictures that are not black."""
    picture = _flatten(ffmpeg.input("source")[str(video.index)], video, size=size, full_range=True)
    if skip_black:
        # amount=0 writes the share of black into every frame; the next filter lets pass what has less than 90 %.
        picture = picture.filter("blackframe", amount=0)
        picture = picture.filter("metadata", mode="select", key="lavfi.blackframe.pblack", value=90, function="less")
    return _graph(picture.filter("thumbnail", n=50))


def _flatten(picture: Any, video: VideoStream, *, size: tuple[int, int], full_range: bool) -> Any:  # noqa: ANN401
    if is_interlaced(video):
        # The default mode gives a frame for each field: twice the frames, twice the work.
        # A stream that does not say it of itself says it of each frame.
        only = {} if video.field_order else {"deint": "interlaced"}
        picture = picture.filter("bwdif", mode="send_frame", **only)
    if is_hdr(video):
        picture = _tonemap(picture, video)
    # Always there, with numbers: a stream whose size changes midway must not change the encoder's. The decoder turns
    # the picture upright before this, so the size is the upright one.
    target = "pc" if full_range else "tv"
    options = {"out_range": target}
    if _is_rgb(video):
        # Without a matrix swscale takes BT.601 and the tag of the source (RGB) would stay on the YUV output.
        options["out_color_matrix"] = "bt709"
    if full_range:
        # A jpeg names no matrix: whoever shows it takes BT.601.
        options["out_color_matrix"] = "bt601"
    picture = picture.filter("scale", *size, **options).filter("setsar", 1)
    picture = picture.filter("format", "yuvj420p" if full_range else "yuv420p")
    if _is_rgb(video) and not full_range:
        picture = picture.filter(
            "setparams", colorspace="bt709", color_primaries="bt709", color_trc="bt709", range=target
        )
    return picture


def _is_rgb(video: VideoStream) -> bool:
    return video.pixel_format.startswith(
        ("gbr", "rgb", "bgr", "argb", "abgr", "0rgb", "0bgr", "x2rgb", "x2bgr", "pal8")
    )


def _tonemap(picture: Any, video: VideoStream) -> Any:  # noqa: ANN401
    """HDR to BT.709: linear light, hable's curve, back; what the source does not say is taken as BT.2020."""
    # Into the frames themselves: zscale finds no path from a colour that is not named, and each step looks again.
    picture = picture.filter(
        "setparams",
        color_trc=video.color_transfer,
        color_primaries=video.color_primaries if video.color_primaries in _PRIMARIES else "bt2020",
        colorspace=video.color_space if video.color_space in _MATRICES else "bt2020nc",
    )
    picture = picture.filter("zscale", transfer="linear", npl=100)
    picture = picture.filter("format", "gbrpf32le").filter("zscale", primaries="bt709")
    picture = picture.filter("tonemap", tonemap="hable", desat=0)
    return picture.filter("zscale", transfer="bt709", matrix="bt709", range="tv").filter("format", "yuv420p")


def _graph(picture: Any) -> Graph:  # noqa: ANN401
    """ffmpeg-python's words for the graph; it writes `-i source -filter_complex TEXT -map LABEL out`."""
    arguments = ffmpeg.output(picture, "out").get_args()
    text = arguments[arguments.index("-filter_complex") + 1]
    return Graph(text=text, label=arguments[arguments.index("-map") + 1])
