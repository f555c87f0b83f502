"""What ffmpeg is given for a step: its arguments, with the limits that hold for every input put before each."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mediaproc.core.limits import MATERIAL_FORMATS, Limits, input_limits
from mediaproc.core.step import GRAPH_OPTION, Step

# Inputs that are no upload: a list of files that earlier steps made, and pictures or silence that ffmpeg generates.
_OURS = {"concat": ("concat", *MATERIAL_FORMATS), "lavfi": ("lavfi",)}


def step_arguments(step: Step, *, limits: Limits, graph_option: str) -> tuple[str, ...]:
    """The step's arguments up to its output, for an ffmpeg that passes a graph's file by `graph_option`.

    The limits stand last before each `-i`, so that no plan takes more of an input than they allow.
    """
    return tuple(_limited(step.arguments, limits=limits, graph_option=graph_option))


def _limited(arguments: Sequence[str], *, limits: Limits, graph_option: str) -> Iterator[str]:
    begin = 0
    for place, word in enumerate(arguments):
        if word == "-i":
            yield from input_limits(limits, formats=_formats(arguments[begin:place]))
            begin = place + 2
        yield graph_option if word == GRAPH_OPTION else word


def _formats(options: Sequence[str]) -> tuple[str, ...]:
    """The demuxers that an input with these options may be read with."""
    named = next((value for option, value in pairwise(options) if option == "-f"), "")
    return _OURS.get(named, MATERIAL_FORMATS)
