"""What an editor's project says, as values in frames: the one form between whatever wrote it and whatever draws it.

Nothing of an editor's file is in here. Start at `model.py` (Timeline, Layer), then:

- `frame_grid.py`: from microseconds to frames
- `material.py`: a file that is shown or heard
- `clip.py`: a picture on a layer, and how fast its material goes by
- `placement.py`: where a picture lies on the canvas, how large, how turned
- `appearance.py`: what is done to its pixels (mask, blend mode, chroma key, colours), what fills the canvas behind it
- `text.py`: words with styles; `sound.py`: what is heard; `transition.py`: from one clip to its neighbour
- `curve.py`: a value that changes over time

Units everywhere: frames of the timeline where a field says so, microseconds of a material, canvas pixels from the
upper left corner with y downwards, degrees clockwise, shares from 0 to 1.
"""

from mediaproc.core.timeline.appearance import (
    BlendMode,
    Blur,
    ChromaKey,
    Colour,
    ColourAdjustment,
    Mask,
    MaskShape,
)
from mediaproc.core.timeline.clip import Clip, Crop, SpeedPiece
from mediaproc.core.timeline.curve import Curve, Interpolation, Keyframe
from mediaproc.core.timeline.frame_grid import FrameGrid
from mediaproc.core.timeline.material import Material, MaterialKind
from mediaproc.core.timeline.model import Canvas, Layer, Timeline
from mediaproc.core.timeline.placement import Placement
from mediaproc.core.timeline.sound import Sound
from mediaproc.core.timeline.text import Alignment, Shadow, Stroke, Text, TextBackground, TextRun, TextStyle
from mediaproc.core.timeline.transition import Transition, TransitionKind

__all__ = [
    "Alignment",
    "BlendMode",
    "Blur",
    "Canvas",
    "ChromaKey",
    "Clip",
    "Colour",
    "ColourAdjustment",
    "Crop",
    "Curve",
    "FrameGrid",
    "Interpolation",
    "Keyframe",
    "Layer",
    "Mask",
    "MaskShape",
    "Material",
    "MaterialKind",
    "Placement",
    "Shadow",
    "Sound",
    "SpeedPiece",
    "Stroke",
    "Text",
    "TextBackground",
    "TextRun",
    "TextStyle",
    "Timeline",
    "Transition",
    "TransitionKind",
]
