"""Blend modes: a sprite's pixels are computed with those behind them, in RGB, where there are any."""

from mediaproc.core.render.colours import FROM_RGB
from mediaproc.core.render.context import Context
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.sprite import Sprite, laid_upon
from mediaproc.core.timeline import BlendMode, Canvas

# What ffmpeg's `blend` calls them, where that is another word.
_NAMES = {
    BlendMode.SOFT_LIGHT: "softlight",
    BlendMode.HARD_LIGHT: "hardlight",
    BlendMode.COLOUR_DODGE: "dodge",
    BlendMode.COLOUR_BURN: "burn",
    # Of the negative: a + b - 1 is a - (1 - b).
    BlendMode.LINEAR_BURN: "subtract",
}
_TO_RGB = Filters().filter("format", "gbrp")
# Whose first picture is the upper one; of all others it is the lower one.
_UPPER_FIRST = frozenset({BlendMode.SOFT_LIGHT, BlendMode.COLOUR_DODGE, BlendMode.COLOUR_BURN})


def blended(
    behind: str, sprite: Sprite, mode: BlendMode, *, canvas: Canvas, at: int, frames: int, context: Context
) -> str:
    """The canvas with the sprite from the frame `at` on, for so many frames."""
    graph = context.graph
    below, under = graph.split(behind)
    # The same moments of both.
    part = Filters().filter("trim", start_frame=at, end_frame=at + frames).filter("setpts", f"PTS-{at}")
    under = graph.chain(part.then(_TO_RGB), under)
    whole = Filters().filter("format", "yuva420p")
    whole = whole.filter("pad", canvas.width, canvas.height, sprite.x, sprite.y, color="black@0")
    shown, of_alpha = graph.split(graph.chain(whole, sprite.label))
    alpha = graph.chain(Filters().filter("alphaextract"), of_alpha)
    negated = Filters().filter("negate") if mode is BlendMode.LINEAR_BURN else Filters()
    shown = graph.chain(Filters().filter("format", "yuv420p").then(_TO_RGB).then(negated), shown)
    both = (shown, under) if mode in _UPPER_FIRST else (under, shown)
    mixed = Filters().filter("blend", all_mode=_NAMES.get(mode, str(mode))).then(FROM_RGB)
    result = graph.chain(mixed.filter("format", "yuv420p"), *both)
    result = graph.chain(Filters().filter("alphamerge"), result, alpha)
    over = Sprite(label=result, x=0, y=0, width=canvas.width, height=canvas.height, has_alpha=True)
    return laid_upon(below, over, at=at, context=context)
