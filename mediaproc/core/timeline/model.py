"""A whole project in frames: what is seen, layer upon layer, and what is heard."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mediaproc.core.timeline.appearance import Colour
from mediaproc.core.timeline.clip import Clip
from mediaproc.core.timeline.material import Material
from mediaproc.core.timeline.sound import Sound
from mediaproc.core.timeline.text import Text
from mediaproc.core.timeline.transition import Transition

_BLACK = Colour(red=0, green=0, blue=0)


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """What everything is laid upon; pixels, and either side may be odd."""

    width: int
    height: int
    # What is seen where nothing lies.
    background: Colour = _BLACK


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What lies at one height, in the order of its beginning; of its clips no two are there at the same time."""

    clips: tuple[Clip, ...] = ()
    # Between neighbours of these clips, in their order; their windows do not overlap.
    transitions: tuple[Transition, ...] = ()
    # Drawn above the clips of the same layer, each above the one before.
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """So many frames of a canvas; what lies beyond its last frame is neither seen nor heard."""

    canvas: Canvas
    # Frames a second.
    rate: Fraction
    frames: int
    # The first one lies lowest.
    layers: tuple[Layer, ...] = ()
    sounds: tuple[Sound, ...] = ()

    @property
    def has_picture(self) -> bool:
        """Whether there is anything to see but the background."""
        return any(layer.clips or layer.texts for layer in self.layers)

    def materials(self) -> tuple[Material, ...]:
        """Every material that is seen or heard, also within the timelines that it holds, each once."""
        return tuple(dict.fromkeys(self._materials()))

    def _materials(self) -> Iterator[Material]:
        clips = [clip for layer in self.layers for clip in layer.clips]
        sources = [clip.source for clip in clips] + [sound.source for sound in self.sounds]
        for source in sources:
            if isinstance(source, Material):
                yield source
            else:
                yield from source.materials()
        for clip in clips:
            if isinstance(clip.fill_behind, Material):
                yield clip.fill_behind

    def names_of_files(self) -> tuple[str, ...]:
        """The names of fonts and lookup tables as the project writes them, each once."""
        return tuple(dict.fromkeys(self._names()))

    def _names(self) -> Iterator[str]:
        for layer in self.layers:
            for clip in layer.clips:
                if clip.lookup_table:
                    yield clip.lookup_table
                if isinstance(clip.source, Timeline):
                    yield from clip.source.names_of_files()
            for text in layer.texts:
                yield from (run.style.font for run in text.runs if run.style.font)
