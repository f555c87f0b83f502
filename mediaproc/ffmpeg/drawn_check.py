"""Looks at some pictures of a drawn output, each beside the same one drawn alone, and listens to some of its sound."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from mediaproc.core.drawn_check import listen_fault, look_fault
from mediaproc.core.errors import AttemptFailed
from mediaproc.core.expectation import DrawnExpectation, Listen, Look
from mediaproc.core.limits import MATERIAL_FORMATS, Limits, input_limits
from mediaproc.core.plan.compared_pieces import OUTPUT
from mediaproc.core.plan.drawn_pieces import FOUND, LIT, SHOWN, WANTED, listen_graph, look_graph, seek_beside
from mediaproc.core.plan.model import Plan
from mediaproc.core.similarity import Side
from mediaproc.ffmpeg import child, failure
from mediaproc.ffmpeg.comparison_reader import ComparisonReader
from mediaproc.ffmpeg.encode_limits import rlimits_for_reading
from mediaproc.ffmpeg.sandbox import ChildSandbox, Sandbox
from mediaproc.ffmpeg.step_runner import StepRunner
from mediaproc.ffmpeg.watchdog import WatchdogLimits

# At most so many pictures are looked at, and pieces of sound listened to, whatever the plan asks for.
_MOST = 8
# How long one of them may take (s): a picture behind a long seek, on a busy node.
_WALL = 180.0


@dataclass(frozen=True, kw_only=True)
class DrawnCheck:
    """Runs the check, confined as the steps were."""

    ffmpeg: Path
    sandbox: Sandbox
    limits: Limits
    steps: StepRunner

    def difference(
        self,
        output: Path,
        *,
        room: Path,
        plan: Plan,
        drawn: DrawnExpectation,
        formats: Sequence[str],
        complained: bool,
        stop: threading.Event,
    ) -> str | None:
        """How the output looks or sounds otherwise than planned, as the end of a sentence; None: as planned.

        Where ffmpeg `complained` of a material, no picture is looked at: those of a damaged one decode differently when
        decoding begins elsewhere.

        Raises AttemptFailed, Unavailable and Stopped as every run does.
        """
        check = _Check(self, output, room=room, plan=plan, drawn=drawn, formats=tuple(formats), stop=stop)
        looks = () if complained else drawn.looks[:_MOST]
        faults = chain(map(check.look, looks), map(check.listen, drawn.listens[:_MOST]))
        return next((fault for fault in faults if fault is not None), None)


class _Check:
    """One output's check."""

    def __init__(
        self,
        check: DrawnCheck,
        output: Path,
        *,
        room: Path,
        plan: Plan,
        drawn: DrawnExpectation,
        formats: tuple[str, ...],
        stop: threading.Event,
    ) -> None:
        self._check, self._plan, self._drawn, self._stop = check, plan, drawn, stop
        self._output, self._room = output, room
        self._rendition = (*input_limits(check.limits, formats=formats), "-threads", "1")
        self._material = (*input_limits(check.limits, formats=MATERIAL_FORMATS), "-threads", "1")

    def look(self, look: Look) -> str | None:
        alone = self._output.with_name("look")
        try:
            self._check.steps.run(
                look.step,
                plan=self._plan,
                room=self._room,
                output=alone,
                wall=_WALL,
                on_progress=lambda _: None,
                stop=self._stop,
            )
            # Where the material cannot be shown by itself, the two pictures are compared all the same.
            side = (self._looked(look, alone=alone) if look.shows else None) or self._looked(
                look, alone=alone, shows=False
            )
        finally:
            alone.unlink(missing_ok=True)
        if side is None:
            return None
        seen = side.pictures
        return look_fault(
            look,
            drawn=self._drawn,
            wanted=seen.get(WANTED),
            found=seen.get(FOUND),
            lights=seen.get(LIT),
            shown=seen.get(SHOWN),
        )

    def _looked(self, look: Look, *, alone: Path, shows: bool = True) -> Side | None:
        confined = self._check.sandbox.for_child(source=alone, rendition=self._output, room=self._room)
        seek = seek_beside(look.frame, rate=self._drawn.rate)
        material = (*self._material, *_seek(look.seconds), "-i", f"file:{look.shows}") if shows else ()
        return self._run(
            confined,
            inputs=(
                *(*self._rendition, *_seek(seek), "-i", confined.rendition_url),
                *(*self._material, "-i", confined.source_url),
                *material,
            ),
            graph=look_graph(shows=_stream(look.stream, kind="v") if shows else None),
            end="[pictures]",
        )

    def listen(self, listen: Listen) -> str | None:
        confined = self._check.sandbox.for_child(rendition=self._output, room=self._room)
        length = ("-t", f"{listen.duration:.6f}")
        side = self._run(
            confined,
            inputs=(
                *(*self._rendition, *_seek(listen.start), *length, "-i", confined.rendition_url),
                *(*self._material, *_seek(listen.source_start), *length, "-i", f"file:{listen.source}"),
            ),
            graph=listen_graph(hears=_stream(listen.stream, kind="a")),
            end="[sounds]",
        )
        if side is None:
            return None
        return listen_fault(listen, wanted=side.sound.get(WANTED, {}), found=side.sound.get(FOUND, {}))

    def _run(self, confined: ChildSandbox, *, inputs: Sequence[str], graph: str, end: str) -> Side | None:
        """What the graph printed; None where one of the inputs cannot be read."""
        reader = ComparisonReader(0.0)
        command = confined.command(
            self._check.ffmpeg,
            arguments=(
                *("-hide_banner", "-nostdin", "-v", "error", "-filter_complex_threads", "1", *inputs),
                *("-filter_complex", graph, "-map", end, "-threads", "1", "-f", "null", "-"),
            ),
            rlimits=rlimits_for_reading(self._plan, inputs=inputs.count("-i"), wall=_WALL),
        )
        ended = child.run(command, limits=WatchdogLimits(wall=_WALL), stop=self._stop, on_output=reader.read)
        error = failure.refusal(ended, program="ffmpeg", sandbox=self._check.sandbox)
        if error is not None and not isinstance(error, AttemptFailed):
            raise error
        return reader.side(OUTPUT) if ended.code == 0 else None


def _seek(seconds: float) -> tuple[str, ...]:
    return ("-ss", f"{seconds:.6f}") if seconds > 0 else ()


def _stream(index: int | None, *, kind: str) -> str:
    """How a graph names the stream of an input."""
    return f"{kind}:0" if index is None else str(index)
