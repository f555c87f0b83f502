"""Filter graphs of pictures: what happens between the decoder and the encoder of a film, a gif and a poster."""

from functools import lru_cache

import ffmpeg
from mediaproc.core.plan.filter_graph import MOST_KEPT, Graph, written
from mediaproc.core.plan.normalise import normalised
from mediaproc.core.probe import VideoStream
from mediaproc.core.timestamp_gaps import SHORTEST_STEP

_LABEL = "picture"


def video_graph(
    video: VideoStream,
    *,
    size: tuple[int, int],
    background: str,
    held: tuple[float, float] | None,
    stride: int = 1,
    clock_steps: bool = False,
) -> Graph:
    """The picture of an mp4.

    `held`: (after which time, at which time) in seconds a copy of the last picture is shown once more. `stride`: of so
    many pictures one is kept. `clock_steps`: the source's clock steps somewhere, and no picture must wait there.
    """
    return _video_graph(
        video.unwalked, size=size, background=background, held=held, stride=stride, clock_steps=clock_steps
    )


@lru_cache(maxsize=MOST_KEPT)
def _video_graph(
    video: VideoStream,
    *,
    size: tuple[int, int],
    background: str,
    held: tuple[float, float] | None,
    stride: int,
    clock_steps: bool,
) -> Graph:
    picture = ffmpeg.input("source")[str(video.index)]
    if clock_steps:
        picture = picture.filter("setpts", _without_steps(video))
    if stride > 1:
        picture = picture.filter("framestep", stride)
    if held is not None:
        after, at = held
        # One copy of the last picture, moved to where its hold ends; a duration here would give a frame for every tick.
        # Before all else: behind an overlay ffmpeg 5.1 gives the copy the time of the picture itself.
        picture = picture.filter("tpad", stop=1, stop_mode="clone")
        picture = picture.filter("setpts", f"if(gt(T,{after:.6f}),{at:.6f}/TB,PTS)")
    return written(normalised(picture, video, size=size, background=background), label=_LABEL)


def _without_steps(video: VideoStream) -> str:
    """Times in which the picture after a step of the clock, either way, follows the one before it by one tick.

    ffmpeg takes such steps out itself. But in an mpeg program stream, where few packets have a time, it leaves one
    picture where the clock had stepped to, and drops those after it, which are back in line, as too late.
    """
    tick = float(1 / (video.frame_rate or video.highest_rate or 25))
    step = f"if(gt(abs(PTS-PREV_INPTS)*TB,{SHORTEST_STEP:g}),PTS-PREV_INPTS-{tick:.6f}/TB,0)"
    return f"st(1,ld(1)+if(isnan(PREV_INPTS),0,{step}));PTS-ld(1)"


def animation_graph(video: VideoStream, *, size: tuple[int, int], background: str, frame_rate: int | None) -> Graph:
    """A gif's picture: few frames (None: all), and a palette made from them instead of the web's 216 colours."""
    picture = normalised(ffmpeg.input("source")[str(video.index)], video, size=size, background=background)
    if frame_rate is not None:
        # pass: a film shorter than one tick would else give no picture at all.
        picture = picture.filter("fps", frame_rate, eof_action="pass")
    branches = picture.filter_multi_output("split")
    palette = branches[0].filter("palettegen", stats_mode="diff")
    # `diff_mode=rectangle` writes only what moved: about half the bytes of a talking head.
    animation = ffmpeg.filter([branches[1], palette], "paletteuse", dither="bayer", diff_mode="rectangle")
    return written(animation, label=_LABEL)


def image_graph(video: VideoStream, *, size: tuple[int, int], background: str, skip_black: bool) -> Graph:
    """The most telling of the first 50 pictures that are not black."""
    picture = ffmpeg.input("source")[str(video.index)]
    picture = normalised(picture, video, size=size, background=background, still=True)
    if skip_black:
        # amount=0 writes the share of black into every frame; the next filter lets pass what has less than 90 %.
        picture = picture.filter("blackframe", amount=0)
        picture = picture.filter("metadata", mode="select", key="lavfi.blackframe.pblack", value=90, function="less")
    return written(picture.filter("thumbnail", n=50), label=_LABEL)
