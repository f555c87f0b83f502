"""Any picture as every screen shows it: opaque, progressive, standard range, upright, square pixels, 8 bit 4:2:0."""

from typing import Any

import ffmpeg
from mediaproc.core.plan.colour import BT709, Colours, assumed, is_hdr, is_rgb
from mediaproc.core.plan.copy_or_encode import is_interlaced
from mediaproc.core.plan.geometry import fitted, padded
from mediaproc.core.probe import VideoStream

# What zscale and setparams both know by these names; anything else in an HDR film is a broken header.
_PRIMARIES = frozenset({"bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "bt2020", "smpte431", "smpte432"})
_MATRICES = frozenset({"gbr", "bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "ycgco", "bt2020nc", "bt2020c"})


def normalised(
    picture: Any,  # noqa: ANN401 - ffmpeg-python ships no types
    video: VideoStream,
    *,
    size: tuple[int, int],
    background: str,
    still: bool = False,
    fields: bool = True,
) -> Any:  # noqa: ANN401
    """The picture in `size`, over `background` where it is transparent or does not reach.

    `still`: for a jpeg, which has the full range and is read in BT.601. `fields`: an interlaced
    picture is deinterlaced, which needs its neighbours.
    """
    if video.alpha:
        picture = _composited(picture, video, background=background)
    if fields and is_interlaced(video):
        # The default mode gives a frame for each field: twice the frames, twice the work.
        # A stream that does not say it of itself says it of each frame.
        only = {} if video.field_order else {"deint": "interlaced"}
        picture = picture.filter("bwdif", mode="send_frame", **only)
    if is_hdr(video):
        picture = tonemapped(picture, video)
    # Always there, with numbers: a stream whose size changes midway must not change the encoder's.
    picture = fitted(picture, video, size=size, options=_scaling(video, still=still))
    picture = picture.filter("format", "yuvj420p" if still else "yuv420p")
    picture = padded(picture, size=size, colour=background).filter("setsar", 1)
    if not still:
        picture = _named(picture, video)
    # No viewer needs what goes beside the picture: captions, places, timecodes, the light that it was mastered in.
    return picture.filter("sidedata", mode="delete")


def _composited(picture: Any, video: VideoStream, *, background: str) -> Any:  # noqa: ANN401
    """Transparent parts show the background, not the colours that happen to lie under them."""
    transparent, opaque, mode = ("gbrap", "gbrp", "gbrp") if is_rgb(video) else ("yuva444p", "yuv444p", "yuv444")
    # Named before the split: both its ends have one format, and that of the background has no transparency.
    branches = picture.filter("format", transparent).filter_multi_output("split")
    below = branches[0].filter("format", opaque).filter("drawbox", color=background, thickness="fill")
    return ffmpeg.filter([below, branches[1]], "overlay", format=mode)


def _scaling(video: VideoStream, *, still: bool) -> dict[str, object]:
    options: dict[str, object] = {"out_range": "pc" if still else "tv"}
    guess = assumed(video)
    if guess is not None:
        # Else swscale takes BT.601, whatever the size is, and players do not.
        options["in_color_matrix"] = options["out_color_matrix"] = _swscale_name(guess)
    if is_rgb(video):
        # Without a matrix swscale takes BT.601 and the tag of the source (RGB) would stay on the YUV output.
        options["out_color_matrix"] = _swscale_name(BT709)
    if still:
        # A jpeg names no matrix: viewers take BT.601.
        options["out_color_matrix"] = "bt601"
    return options


def _swscale_name(colours: Colours) -> str:
    return colours.matrix.removesuffix("nc")


def _named(picture: Any, video: VideoStream) -> Any:  # noqa: ANN401
    """Colours that the source does not name are named: players guess by the size, which may have changed."""
    if is_rgb(video):
        colours = BT709
    elif (guess := assumed(video)) is not None:
        colours = Colours(
            matrix=guess.matrix,
            primaries=video.color_primaries or guess.primaries,
            transfer=video.color_transfer or guess.transfer,
        )
    else:
        return picture
    return picture.filter(
        "setparams",
        colorspace=colours.matrix,
        color_primaries=colours.primaries,
        color_trc=colours.transfer,
        range="tv",
    )


def tonemapped(picture: Any, video: VideoStream) -> Any:  # noqa: ANN401
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
