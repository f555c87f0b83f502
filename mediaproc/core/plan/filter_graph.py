"""A filter graph as ffmpeg's command line takes it."""

from dataclasses import dataclass
from typing import Any

import ffmpeg

# So many graphs of each kind are kept. An attempt asks for the same ones several times, and sources of one camera for
# those of each other; ffmpeg-python takes a millisecond or two to write one.
MOST_KEPT = 64


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A filter graph for `-filter_complex` and the label of what comes out of it."""

    text: str
    label: str


def written(stream: Any, *, label: str) -> Graph:  # noqa: ANN401 - ffmpeg-python ships no types
    """ffmpeg-python's words for the graph that ends in `stream`, whose end is called `label`.

    It writes `-i source -filter_complex TEXT -map [s0] out`; two graphs of one command need ends with different names.
    """
    arguments = ffmpeg.output(stream, "out").get_args()
    text, end = (arguments[arguments.index(option) + 1] for option in ("-filter_complex", "-map"))
    return Graph(text=text.removesuffix(end) + f"[{label}]", label=f"[{label}]")
