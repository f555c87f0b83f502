"""What fills the canvas behind a clip that does not cover it: a colour, the clip itself, a picture."""

from mediaproc.core.render import colours
from mediaproc.core.render.context import Context
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.source import pixel_size
from mediaproc.core.render.stream import ClipStream
from mediaproc.core.timeline import Blur, Canvas, Colour, Material

# The radius of the strongest blur as a share of the canvas's height.
_BLUR = 1 / 24
# The blur is drawn so much smaller: what it leaves has no details to lose.
_SHRUNK = 4


def fill(behind: Colour | Blur | Material, stream: ClipStream, *, label: str, canvas: Canvas, context: Context) -> str:
    """The whole canvas for as many frames as the clip's stream has; `label` is the clip's own, for a blur."""
    match behind:
        case Colour():
            source = colours.flat(behind, width=canvas.width, height=canvas.height, rate=context.rate)
            return context.graph.chain(source.then(context.reader.held(stream.frames)))
        case Blur():
            filters = colours.without_hdr(stream.video)
            filters = filters.then(_blurred(stream, strength=behind.strength, canvas=canvas))
            if stream.is_reversed:
                filters = filters.filter("reverse")
            if stream.is_still:
                filters = filters.then(context.reader.held(stream.frames))
            return context.graph.chain(filters, label)
        case Material():
            return _picture(behind, stream, canvas=canvas, context=context)


def _picture(material: Material, stream: ClipStream, *, canvas: Canvas, context: Context) -> str:
    file = context.file(material)
    if file is None or file.video is None:
        return fill(canvas.background, stream, label="", canvas=canvas, context=context)
    source = context.reader.still(file)
    size = pixel_size(file.video)
    wide, high = _covering(size[0] / size[1], canvas=canvas)
    filters = colours.without_hdr(file.video).then(colours.scaled(file.video, wide, high, pixels="yuv420p"))
    filters = filters.filter("crop", canvas.width, canvas.height, exact=1)
    return context.graph.chain(filters.then(context.reader.held(stream.frames)), source)


def _blurred(stream: ClipStream, *, strength: float, canvas: Canvas) -> Filters:
    small = Canvas(width=_small(canvas.width), height=_small(canvas.height))
    wide, high = _covering(stream.shape, canvas=small)
    filters = colours.scaled(stream.video, wide, high, pixels="yuv420p")
    filters = filters.filter("crop", small.width, small.height, exact=1)
    sigma = strength * canvas.height * _BLUR / _SHRUNK
    filters = filters.filter("gblur", sigma=round(sigma, 3)) if sigma > 0 else filters
    filters = filters.filter("scale", canvas.width, canvas.height, flags="bicubic")
    return filters.filter("setsar", 1)


def _small(side: int) -> int:
    return max(2, round(side / _SHRUNK / 2) * 2)


def _covering(shape: float, *, canvas: Canvas) -> tuple[int, int]:
    """The smallest size of this shape that covers the canvas."""
    factor = max(canvas.width / shape, canvas.height)
    return max(canvas.width, round(shape * factor)), max(canvas.height, round(factor))
