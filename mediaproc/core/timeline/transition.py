"""The passage from one clip to its neighbour on the same layer."""

from dataclasses import dataclass
from enum import StrEnum


class TransitionKind(StrEnum):
    """What can be drawn; the names are those that ffmpeg's xfade has for the same."""

    FADE = "fade"
    FADE_BLACK = "fadeblack"
    FADE_WHITE = "fadewhite"
    SLIDE_LEFT = "slideleft"
    SLIDE_RIGHT = "slideright"
    SLIDE_UP = "slideup"
    SLIDE_DOWN = "slidedown"
    WIPE_LEFT = "wipeleft"
    WIPE_RIGHT = "wiperight"
    WIPE_UP = "wipeup"
    WIPE_DOWN = "wipedown"
    CIRCLE_OPEN = "circleopen"
    HORIZONTAL_BLUR = "hblur"
    ZOOM_IN = "zoomin"


@dataclass(frozen=True, kw_only=True)
class Transition:
    """A window of frames in which both clips are drawn: the earlier one beyond its end, the later one before its start.

    It moves nothing: the cut between the clips stays where it is, and lies within the window.
    """

    kind: TransitionKind
    first: int
    frames: int
    # The place of the earlier clip among the clips of its layer; the later one is the next.
    before: int

    @property
    def end(self) -> int:
        """The first frame after the window."""
        return self.first + self.frames
