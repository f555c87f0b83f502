"""Reads what the comparison's filter graph prints: small pictures and levels of sound of a source and its output."""

import math
import re
from collections.abc import Sequence

from mediaproc.core.plan.compared_pieces import OUTPUT, SOURCE
from mediaproc.core.similarity import STEP, Cells, Side
from mediaproc.ffmpeg.lines import Lines

# `frame:0    pts:72000   pts_time:9`, then a line for each fact of that frame, and at last the piece that it is in.
_TIME = re.compile(r"^frame:.* pts_time:(-?[0-9.]{1,20})$")
_PIECE = re.compile(r"^piece=(source|output)-(picture|sound)-([0-9.]{1,20})$")
_FACT = re.compile(r"^lavfi\.(?:signalstats\.|astats\.Overall\.)(YAVG|UAVG|VAVG|RMS_level)=(-?[0-9.inf]{1,20})$")
_MOST_OF_A_LINE = 200
# How these lines begin: of each small picture ffmpeg prints 29 lines, of which three count.
_TOLD = (
    *(b"frame:", b"piece=", b"lavfi.astats.Overall.RMS_level="),
    *(b"lavfi.signalstats.YAVG=", b"lavfi.signalstats.UAVG=", b"lavfi.signalstats.VAVG="),
)

# More frames than all pieces have: each piece has some hundred steps of sound.
_MOST_FRAMES = 200_000


class ComparisonReader:
    """Reads standard output, line by line, into the two sides; `start` is the source's time (s) at the output's 0."""

    def __init__(self, start: float) -> None:
        self._start = start
        self._lines = Lines(most=_MOST_OF_A_LINE)
        self._time = 0.0
        self._facts: dict[str, float] = {}
        self._frames = 0
        self._pictures: dict[str, dict[float, list[tuple[float, float, float]]]] = {SOURCE: {}, OUTPUT: {}}
        self._sound: dict[str, dict[float, dict[int, float]]] = {SOURCE: {}, OUTPUT: {}}

    def read(self, chunk: bytes) -> None:
        """The next bytes; lines of another form are ignored."""
        for line in self._lines.whole(chunk):
            if line.startswith(_TOLD):
                self._see(line[:_MOST_OF_A_LINE].decode(errors="replace"))

    def _see(self, line: str) -> None:
        if (fact := _FACT.match(line)) is not None:
            self._facts[fact[1]] = _number(fact[2])
        elif (time := _TIME.match(line)) is not None:
            self._time, self._facts = _number(time[1]), {}
        elif (piece := _PIECE.match(line)) is not None and self._frames < _MOST_FRAMES:
            self._frames += 1
            self._keep(piece[1], kind=piece[2], at=_number(piece[3]))

    def _keep(self, side: str, *, kind: str, at: float) -> None:
        facts = self._facts
        if kind == "picture":
            cell = (facts.get("YAVG", 0.0), facts.get("UAVG", 0.0), facts.get("VAVG", 0.0))
            self._pictures[side].setdefault(at, []).append(cell)
        else:
            time = self._time - (self._start if side == SOURCE else 0.0)
            level = facts.get("RMS_level", -math.inf)
            self._sound[side].setdefault(at, {})[round(time / STEP)] = 10 ** (min(level, 0.0) / 20)

    def side(self, side: str) -> Side:
        """The pictures and the levels of sound of one side."""
        pictures: dict[float, Cells] = {moment: tuple(cells) for moment, cells in self._pictures[side].items()}
        return Side(pictures=pictures, sound=self._sound[side])


def joined(readers: Sequence[ComparisonReader], side: str) -> Side:
    """What several runs saw and heard of one side."""
    sides = [reader.side(side) for reader in readers]
    return Side(
        pictures={moment: cells for each in sides for moment, cells in each.pictures.items()},
        sound={piece: levels for each in sides for piece, levels in each.sound.items()},
    )


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(number) else number
