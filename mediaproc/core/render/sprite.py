"""A clip as a picture of its final size that is to be laid on a canvas at whole pixels."""

from dataclasses import dataclass, replace

from mediaproc.core.render.context import Context
from mediaproc.core.render.graph import Filters
from mediaproc.core.timeline import Canvas


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """Pixels and where their upper left corner lies: even numbers all, within the canvas."""

    label: str
    x: int
    y: int
    width: int
    height: int
    has_alpha: bool

    def covers(self, canvas: Canvas) -> bool:
        """Whether nothing of what lies below can be seen."""
        return not self.has_alpha and (self.width, self.height) == (canvas.width, canvas.height)


def aligned(sprite: Sprite) -> tuple[Filters, Sprite]:
    """On even pixels, since colours are kept for two by two: what lies on odd ones gets a clear edge."""
    left, top = sprite.x % 2, sprite.y % 2
    width, height = left + sprite.width, top + sprite.height
    width, height = width + width % 2, height + height % 2
    at = replace(sprite, x=sprite.x - left, y=sprite.y - top, width=width, height=height)
    if (width, height) == (sprite.width, sprite.height):
        return Filters().filter("format", "yuva420p" if sprite.has_alpha else "yuv420p"), at
    filters = Filters().filter("format", "yuva444p").filter("pad", width, height, left, top, color="black@0")
    return filters.filter("format", "yuva420p"), replace(at, has_alpha=True)


def laid_upon(behind: str, sprite: Sprite, *, at: int, context: Context) -> str:
    """The sprite over what lies behind it, from the frame `at` on."""
    label = sprite.label
    if at:
        label = context.graph.chain(Filters().filter("setpts", f"PTS+{at}"), label)
    over = Filters().filter("overlay", sprite.x, sprite.y, format="yuv420", eof_action="pass", eval="init")
    return context.graph.chain(over, behind, label)
