"""The pictures of a window as ffmpeg is to draw them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Inputs and the filter graph that makes pictures of them."""

    # For each input its arguments, up to and with `-i file:NAME`; the graph counts them from 0.
    inputs: tuple[tuple[str, ...], ...]
    # Ends in `[picture]`: even sides, yuv420p, BT.709 of limited range, the timeline's rate, timestamps from 0.
    graph: str
    # What the graph reads from the room, by name.
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    # The pixels of all pictures that ffmpeg holds at once, decoders' included.
    pixels: int
