"""What is done to a clip's colours: brightness, contrast, saturation, a lookup table."""

from mediaproc.core.render.colours import FROM_RGB
from mediaproc.core.render.context import Context
from mediaproc.core.render.expression import at_frame, expression, frame_number
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import Clip, ColourAdjustment, Curve

# How far an adjusted value may be off: less than a step of 8 bits.
_FINEST = 1 / 1024


def coloured(label: str, clip: Clip, frames: Window, *, has_alpha: bool, count: int, context: Context) -> str:
    """The picture with its colours changed; what is transparent of it stays so."""
    changes = _adjusted(clip.colour_adjustment, frames, count=count, context=context)
    table = context.tables.get(clip.lookup_table) if clip.lookup_table else None
    if not changes.written and table is None:
        return label
    graph = context.graph
    alpha = ""
    if has_alpha:
        label, of_alpha = graph.split(label)
        alpha = graph.chain(Filters().filter("alphaextract"), of_alpha)
    if changes.written:
        label = graph.chain(Filters().filter("format", "yuv444p").then(changes), label)
    if table is not None:
        label = _looked_up(label, table, strength=clip.lookup_table_strength, context=context)
    return graph.chain(Filters().filter("alphamerge"), label, alpha) if has_alpha else label


def _adjusted(adjustment: ColourAdjustment | None, frames: Window, *, count: int, context: Context) -> Filters:
    """How it is drawn: half of the range of light at the most, half to double contrast, no to double saturation."""
    if adjustment is None:
        return Filters()
    curves = {
        "brightness": adjustment.brightness.mapped(factor=0.5),
        "contrast": adjustment.contrast.mapped(factor=0.5, offset=1.0),
        "saturation": adjustment.saturation.mapped(factor=1.0, offset=1.0),
    }
    values = {name: _value(curve, frames, context=context) for name, curve in curves.items()}
    return Filters().filter("eq", **values, eval="init" if count == 1 else "frame")


def _value(curve: Curve, frames: Window, *, context: Context) -> str:
    written = expression(curve.value, first=frames.first, end=frames.end, finest=_FINEST)
    return at_frame(frame_number(context.rate, offset=frames.first), written) if "ld" in written else written


def _looked_up(label: str, table: str, *, strength: float, context: Context) -> str:
    lookup = Filters().filter("format", "gbrp").filter("lut3d", file=table, interp="tetrahedral")
    if strength >= 1:
        return context.graph.chain(lookup.then(FROM_RGB).filter("format", "yuv444p"), label)
    plain, changed = context.graph.split(label, filters=Filters().filter("format", "gbrp"))
    changed = context.graph.chain(Filters().filter("lut3d", file=table, interp="tetrahedral"), changed)
    mixed = Filters().filter("blend", all_mode="normal", all_opacity=strength).then(FROM_RGB)
    return context.graph.chain(mixed.filter("format", "yuv444p"), changed, plain)
