"""Clips on a canvas: each drawn as a sprite, and laid upon what is behind it."""

from collections.abc import Callable
from dataclasses import dataclass

from mediaproc.core.render import moving
from mediaproc.core.render.blending import blended
from mediaproc.core.render.colours import flat, transparent
from mediaproc.core.render.context import Context
from mediaproc.core.render.fills import fill
from mediaproc.core.render.graph import Filters
from mediaproc.core.render.place import Fit
from mediaproc.core.render.resting import draw_resting
from mediaproc.core.render.sprite import Sprite, laid_upon
from mediaproc.core.render.stream import ClipStream, open_clip
from mediaproc.core.render.window import Window
from mediaproc.core.timeline import BlendMode, Blur, Canvas, Clip, Colour, Timeline


@dataclass(frozen=True, kw_only=True)
class ClipDrawing:
    """Draws the clips of one canvas."""

    # As the project has it: what clips are fitted into.
    given: Canvas
    # With even sides.
    canvas: Canvas
    context: Context
    # Draws some frames of a timeline in a clip's place.
    compound: Callable[[Timeline, Window], str]

    def sprite(self, clip: Clip, frames: Window) -> Sprite | None:
        """Some frames of a clip, counted from its beginning, without what fills the canvas behind it."""
        stream = self._open(clip, frames)
        return None if stream is None else self._sprite(clip, stream, frames)

    def whole(self, clip: Clip, frames: Window) -> str:
        """The same as a canvas of its own: behind the clip lies its fill, or the background."""
        stream = self._open(clip, frames)
        if stream is None:
            return self.empty(frames.frames)
        behind = ""
        if isinstance(clip.fill_behind, Blur) and not self._surely_covers(clip, stream):
            ours, theirs = self.context.graph.split(stream.label)
            behind = fill(clip.fill_behind, stream, label=theirs, canvas=self.canvas, context=self.context)
            stream = stream.labelled(ours)
        sprite = self._sprite(clip, stream, frames)
        if sprite is not None and sprite.covers(self.canvas) and clip.blend_mode is BlendMode.NORMAL:
            return sprite.label
        if not behind and clip.fill_behind is not None:
            behind = fill(clip.fill_behind, stream, label="", canvas=self.canvas, context=self.context)
        behind = behind or self.empty(frames.frames)
        return behind if sprite is None else self.laid(behind, clip, sprite, frames=frames.frames)

    def alone(self, clip: Clip, frames: Window) -> str:
        """The same where the canvas is transparent around the clip."""
        sprite, context = self.sprite(clip, frames), self.context
        width, height = self.canvas.width, self.canvas.height
        if sprite is None:
            clear = transparent(width=width, height=height, rate=context.rate).then(context.reader.held(frames.frames))
            return context.graph.chain(clear.filter("format", "yuva420p"))
        filters = Filters().filter("format", "yuva420p")
        return context.graph.chain(
            filters.filter("pad", width, height, sprite.x, sprite.y, color="black@0"), sprite.label
        )

    def empty(self, frames: int, colour: Colour | None = None) -> str:
        """The background, for so many frames."""
        canvas, context = self.canvas, self.context
        source = flat(colour or canvas.background, width=canvas.width, height=canvas.height, rate=context.rate)
        return context.graph.chain(source.then(context.reader.held(frames)))

    def laid(self, behind: str, clip: Clip, sprite: Sprite, *, frames: int, at: int = 0) -> str:
        """A sprite that is seen from the frame `at` of what lies behind it, for so many frames."""
        if clip.blend_mode is not BlendMode.NORMAL:
            return blended(
                behind, sprite, clip.blend_mode, canvas=self.canvas, at=at, frames=frames, context=self.context
            )
        return laid_upon(behind, sprite, at=at, context=self.context)

    def _open(self, clip: Clip, frames: Window) -> ClipStream | None:
        return open_clip(clip, frames, context=self.context, draw=self.compound)

    def _sprite(self, clip: Clip, stream: ClipStream, frames: Window) -> Sprite | None:
        fit = Fit.of(clip.crop, source=stream.size, shape=stream.shape, canvas=self.given)
        draw = moving.draw_moving if moving.moves(clip) else draw_resting
        return draw(clip, stream, fit, frames, canvas=self.canvas, context=self.context)

    def _surely_covers(self, clip: Clip, stream: ClipStream) -> bool:
        fit = Fit.of(clip.crop, source=stream.size, shape=stream.shape, canvas=self.given)
        return moving.covers(clip, fit, canvas=self.canvas) and not stream.video.alpha
