"""Compares a source with its output: one ffmpeg reads both, and prints small pictures and levels of sound of each."""

import math
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import AttemptFailed
from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.plan.comparison import OUTPUT, SOURCE, Graphs, Input, comparison_graphs
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.similarity import STEP, Cells, Side, difference
from mediaproc.ffmpeg import child, failure
from mediaproc.ffmpeg.lines import Lines
from mediaproc.ffmpeg.sandbox import ChildSandbox, Sandbox
from mediaproc.ffmpeg.transcoder import rlimits_for
from mediaproc.ffmpeg.watchdog import WatchdogLimits

# `frame:0    pts:72000   pts_time:9`, then a line for each fact of that frame, and at last the piece that it is in.
_TIME = re.compile(r"^frame:.* pts_time:(-?[0-9.]{1,20})$")
_PIECE = re.compile(r"^piece=(source|output)-(picture|sound)-([0-9.]{1,20})$")
_FACT = re.compile(r"^lavfi\.(?:signalstats\.|astats\.Overall\.)(YAVG|UAVG|VAVG|RMS_level)=(-?[0-9.inf]{1,20})$")
_MOST_OF_A_LINE = 200

# More frames than all pieces have: each piece has some thousand steps of sound.
_MOST_FRAMES = 200_000

# Some seconds of film on both sides take no longer on the busiest node (s); where they do, no difference is reported.
_WALL = 180.0


@dataclass(frozen=True, kw_only=True)
class Comparer:
    """Runs the comparison, confined as the transcode was."""

    ffmpeg: Path
    sandbox: Sandbox
    limits: Limits

    def difference(
        self, output: Path, *, source: Path, plan: Plan, variant: Variant, output_start: float, stop: threading.Event
    ) -> str | None:
        """How the output differs from its source in a sentence; None where it does not, or where nothing can be told.

        Raises Unavailable and Stopped as every run does.
        """
        comparison = plan.comparison
        if comparison is None or not (variant.encodes_video or variant.encodes_audio):
            return None
        reader = _Reader(comparison.start)
        for part in comparison.parts:
            graphs = comparison_graphs(part, pictures=variant.encodes_video, sound=variant.encodes_audio)
            if graphs.inputs and not self._is_read(
                graphs, reader, output, source=source, plan=plan, variant=variant, output_start=output_start, stop=stop
            ):
                return None  # damage ended the reading early, so the pieces are not complete
        return difference(reader.side(SOURCE), reader.side(OUTPUT))

    def _is_read(
        self,
        graphs: Graphs,
        reader: "_Reader",
        output: Path,
        *,
        source: Path,
        plan: Plan,
        variant: Variant,
        output_start: float,
        stop: threading.Event,
    ) -> bool:
        confined = self.sandbox.for_child(source=source, rendition=output)
        command = confined.command(
            self.ffmpeg,
            arguments=(
                *("-hide_banner", "-nostdin", "-v", "error", "-copyts"),
                *(
                    word
                    for one in graphs.inputs
                    for word in self._input(one, confined, plan, variant, output_start=output_start)
                ),
                *("-filter_complex", graphs.text, "-filter_complex_threads", "1"),
                *(word for end in graphs.ends for word in ("-map", end)),
                # The filters print what is compared; the output itself is thrown away.
                *("-threads", "1", "-f", "null", "-"),
            ),
            rlimits=rlimits_for(plan, variant=variant, wall=plan.wall_limit, inputs=len(graphs.inputs)),
        )
        time_limits = WatchdogLimits(wall=min(plan.wall_limit, _WALL))
        ended = child.run(command, limits=time_limits, stop=stop, on_output=reader.read)
        failure.refuse_short_of_memory(ended, plan=plan, program="ffmpeg")
        error = failure.refusal(ended, program="ffmpeg", sandbox=self.sandbox)
        if error is not None and not isinstance(error, AttemptFailed):
            raise error
        return ended.code == 0

    def _input(
        self, one: Input, confined: ChildSandbox, plan: Plan, variant: Variant, *, output_start: float
    ) -> Iterator[str]:
        is_source = one.side == SOURCE
        seek = one.seek if is_source else max(0.0, one.seek - output_start)
        if is_source:
            yield from plan.input_arguments(variant)
        else:
            # One thread: the plan's memory allows for no more.
            yield from (*input_limits(self.limits, formats=variant.expectation.streams.formats), "-threads", "1")
        # No seek to the very beginning: it may end behind it, since ffmpeg searches MPEG-TS by times.
        yield from ("-ss", f"{seek:.6f}") if seek > 0 else ()
        # Where the picture's size changes, the scaler adapts. A filter graph that is built anew in the middle loses
        # what it was about to print, and newer versions of ffmpeg wait for that for ever.
        yield from ("-reinit_filter:v", "0")
        yield from ("-t", f"{one.length:.3f}", "-i", confined.source_url if is_source else confined.rendition_url)


class _Reader:
    """Reads standard output, line by line, into the two sides."""

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
            self._see(line[:_MOST_OF_A_LINE].decode(errors="replace"))

    def _see(self, line: str) -> None:
        if (time := _TIME.match(line)) is not None:
            self._time, self._facts = _number(time[1]), {}
        elif (fact := _FACT.match(line)) is not None:
            self._facts[fact[1]] = _number(fact[2])
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


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(number) else number
