"""What of a clip is transparent: by its chroma key, its mask, its opacity."""

from mediaproc.core.render.context import Context
from mediaproc.core.render.expression import at_frame, expression, frame_number
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.masks import mask_value
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import ChromaKey, Clip, Curve, Mask

_FINEST = 1 / 1024
# A picture whose pixels are all alike, as small as every scaler takes.
_SMALL = 16


def with_alpha(
    label: str,
    clip: Clip,
    frames: Window,
    *,
    size: tuple[int, int],
    has_alpha: bool,
    count: int,
    context: Context,
) -> tuple[str, bool]:
    """The picture, as transparent as the clip says, and whether any of it is."""
    graph, opacity = context.graph, clip.placement.opacity
    if clip.chroma_key is not None:
        label, has_alpha = graph.chain(_keyed(clip.chroma_key), label), True
    planes = []
    if clip.mask is not None:
        planes.append(_mask_plane(clip.mask, size=size, count=count, context=context))
    if not opacity.is_constant:
        planes.append(_opacity_plane(opacity, frames, size=size, count=count, context=context))
    if planes:
        if has_alpha:
            label, of_alpha = graph.split(label)
            planes.append(graph.chain(Filters().filter("alphaextract"), of_alpha))
        plane = planes[0]
        for other in planes[1:]:
            plane = graph.chain(Filters().filter("blend", all_mode="multiply"), plane, other)
        label, has_alpha = graph.chain(Filters().filter("alphamerge"), label, plane), True
    share = opacity.value(0) if opacity.is_constant else 1.0
    if share < 1:
        transparent = (
            Filters()
            .filter(
                "format",
                "yuva444p|yuva420p",
            )
            .filter("lutyuv", a=f"val*{share:.6f}")
        )
        label, has_alpha = graph.chain(transparent, label), True
    return label, has_alpha


def _mask_plane(mask: Mask, *, size: tuple[int, int], count: int, context: Context) -> str:
    filters = _grey(*size, context=context).filter("geq", lum=mask_value(mask, width=size[0], height=size[1]))
    filters = filters.filter("trim", end_frame=1)
    return context.graph.chain(filters.then(context.reader.held(count)))


def _opacity_plane(curve: Curve, frames: Window, *, size: tuple[int, int], count: int, context: Context) -> str:
    written = expression(curve.value, first=frames.first, end=frames.end, finest=_FINEST)
    value = at_frame(frame_number(context.rate, offset=frames.first, time="T"), f"255*clip({written},0,1)")
    filters = _grey(_SMALL, _SMALL, context=context).filter("geq", lum=value)
    filters = filters.filter("scale", *size, flags="neighbor")
    return context.graph.chain(filters.then(context.reader.exactly(count)))


def _grey(width: int, height: int, *, context: Context) -> Filters:
    source = Filters().filter("color", c="black", s=f"{width}x{height}", r=context.rate)
    return source.filter("format", "gray")


def _keyed(key: ChromaKey) -> Filters:
    colour = key.colour
    written = f"0x{colour.red:02x}{colour.green:02x}{colour.blue:02x}"
    # Close to the editor's: its share of the tolerance is that of half the distance between two colours.
    filters = Filters().filter("format", "yuva444p")
    return filters.filter(
        "chromakey", color=written, similarity=max(0.01, key.tolerance / 2), blend=key.edge_softness / 4
    )
