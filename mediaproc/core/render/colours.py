"""Pictures of any colours become BT.709 of limited range; flat pictures of one colour."""

from mediaproc.core.plan.colour import assumed, is_hdr, is_rgb
from mediaproc.core.plan.normalise import tonemapped
from mediaproc.core.probe import VideoStream
from mediaproc.core.render.graph import Filters
from mediaproc.core.timeline import Colour

NAMED = Filters().filter("setparams", colorspace="bt709", color_primaries="bt709", color_trc="bt709", range="tv")

FROM_RGB = Filters().filter("scale", out_color_matrix="bt709", out_range="tv", flags="accurate_rnd+full_chroma_int")


def without_hdr(video: VideoStream) -> Filters:
    """Filters that bring light beyond a standard screen's into its range."""
    toned: Filters = tonemapped(Filters(), video) if is_hdr(video) else Filters()
    return toned


def scaled(video: VideoStream, width: int, height: int, *, pixels: str) -> Filters:
    """Filters that scale a picture and convert its colours."""
    return scaler(video, width, height).filter("format", pixels).filter("setsar", 1).then(NAMED)


def scaler(video: VideoStream, width: int | str, height: int | str, **more: str) -> Filters:
    """The scaler alone; what follows it sees the size of each frame only if nothing is between them."""
    options: dict[str, str] = {"flags": "bicubic", "out_color_matrix": "bt709", "out_range": "tv"}
    guess = None if is_hdr(video) else assumed(video)
    if guess is not None:
        # Else swscale takes BT.601, whatever the size is.
        options["in_color_matrix"] = guess.matrix.removesuffix("nc")
    if is_rgb(video):
        options["flags"] = "bicubic+accurate_rnd+full_chroma_int"
    return Filters().filter("scale", w=width, h=height, **options, **more)


def on_rgb(filters: Filters) -> Filters:
    """These filters on the picture as RGB: those that draw colours on another take BT.601 in some versions."""
    exact = "accurate_rnd+full_chroma_int"
    before = Filters().filter("scale", in_color_matrix="bt709", in_range="tv", flags=exact).filter("format", "gbrp")
    after = Filters().filter("scale", out_color_matrix="bt709", out_range="tv", flags=exact)
    return before.then(filters).then(after).filter("format", "yuv420p").then(NAMED)


def flat(colour: Colour, *, width: int, height: int, rate: object) -> Filters:
    """A source of one picture of this colour, opaque."""
    written = f"0x{colour.red:02x}{colour.green:02x}{colour.blue:02x}"
    # As RGB, since some versions of the source take BT.601 whatever the picture is.
    filters = Filters().filter("color", c=written, s=f"{width}x{height}", r=str(rate))
    filters = filters.filter("format", "gbrp").filter("trim", end_frame=1)
    return filters.then(FROM_RGB).filter("format", "yuv420p").filter("setsar", 1).then(NAMED)


def transparent(*, width: int, height: int, rate: object) -> Filters:
    """A source of one picture that is not there: what is laid upon it keeps all its colours."""
    filters = Filters().filter("color", c="black@0", s=f"{width}x{height}", r=str(rate))
    return filters.filter("format", "yuva444p").filter("trim", end_frame=1).filter("setsar", 1).then(NAMED)


# What comes out of a drawing, for a drawing around it.
DRAWN = VideoStream(
    index=0,
    codec="rawvideo",
    width=2,
    height=2,
    pixel_format="yuv420p",
    color_space="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
)
