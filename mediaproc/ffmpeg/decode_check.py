"""Decodes parts of an output and compares them with its source, both in one run of ffmpeg where nothing is wrong."""

import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mediaproc.core.errors import AttemptFailed
from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.plan.compared_pieces import OUTPUT, SOURCE
from mediaproc.core.plan.comparison import Graphs, Input, Sides, decoding_graphs
from mediaproc.core.plan.decoded_places import Portion
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.similarity import difference
from mediaproc.ffmpeg import child, failure
from mediaproc.ffmpeg.comparison_reader import ComparisonReader, joined
from mediaproc.ffmpeg.encode_limits import rlimits_for
from mediaproc.ffmpeg.sandbox import ChildSandbox, Sandbox
from mediaproc.ffmpeg.watchdog import WatchdogLimits

# Some seconds of film on both sides take no longer on the busiest node (s); where they do, no difference is reported.
_WALL = 180.0

# The CPU seconds of a start of ffmpeg, which buys no decoding.
_START = 0.08


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was found; `decode_errors` is empty where the output decodes, `difference` None where none was seen."""

    decode_errors: str = ""
    difference: str | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The output that is checked, and what it was made of; `start` is where its own clock begins (s)."""

    output: Path
    start: float
    source: Path
    plan: Plan
    variant: Variant


@dataclass(frozen=True, kw_only=True)
class DecodeCheck:
    """Runs the check, confined as the transcode was."""

    ffmpeg: Path
    sandbox: Sandbox
    limits: Limits

    def findings(
        self,
        candidate: Candidate,
        *,
        sides: Sides,
        portions: Iterable[Portion],
        budget: float,
        stop: threading.Event,
    ) -> Findings:
        """What decoding these portions shows; after `budget` CPU seconds no further one is begun.

        Raises AttemptFailed, Unavailable and Stopped as every run does.
        """
        return _Check(self, candidate, stop=stop).findings(portions, sides=sides, budget=budget)


class _Check:
    """One output's check."""

    def __init__(self, check: DecodeCheck, candidate: Candidate, *, stop: threading.Event) -> None:
        self._check, self._candidate, self._stop = check, candidate, stop
        self._plan, self._variant, self._sandbox = candidate.plan, candidate.variant, check.sandbox
        self._readers: list[ComparisonReader] = []
        self._is_comparable = True

    def findings(self, portions: Iterable[Portion], *, sides: Sides, budget: float) -> Findings:
        spent = 0.0
        for portion in portions:
            graphs = decoding_graphs(portion, self._plan.comparison, sides=sides)
            if not graphs.inputs:
                continue
            if spent >= budget:
                break
            ended, reader = self._run(graphs, strictly=True)
            spent += ended.cpu_seconds - _START
            if self._is_clean(ended):
                self._readers.append(reader)
                continue
            errors = self._apart(portion, sides=sides)
            if errors:
                return Findings(decode_errors=errors)
        if not self._is_comparable:
            return Findings()
        return Findings(difference=difference(joined(self._readers, SOURCE), joined(self._readers, OUTPUT)))

    def _is_clean(self, ended: child.Ended) -> bool:
        """Whether both sides decoded; raises where the run was ended for no fault of theirs."""
        error = failure.refusal(ended, program="ffmpeg", sandbox=self._sandbox)
        if error is not None and not isinstance(error, AttemptFailed):
            raise error
        return ended.code == 0 and not failure.asks_for_memory(ended)

    def _apart(self, portion: Portion, *, sides: Sides) -> str:
        """Whose fault it was: the output's errors by itself; then the two are compared however the source decodes."""
        alone = decoding_graphs(portion, None, sides=sides.without_source)
        if alone.inputs:
            ended, _ = self._run(alone, strictly=True)
            failure.refuse_short_of_memory(ended, plan=self._plan, program="ffmpeg")
            error = failure.refusal(ended, program="ffmpeg", sandbox=self._sandbox)
            if error is not None:
                raise error
            if ended.code != 0:
                return ended.log_tail or f"code {ended.code}"
        if not (sides.compares_pictures or sides.compares_sound):
            return ""
        compared = replace(portion, key_frames=False)
        ended, reader = self._run(decoding_graphs(compared, self._plan.comparison, sides=sides), strictly=False)
        failure.refuse_short_of_memory(ended, plan=self._plan, program="ffmpeg")
        if self._is_clean(ended):
            self._readers.append(reader)
        else:
            self._is_comparable = False  # damage ended the reading early, so the pieces are not complete
        return ""

    def _run(self, graphs: Graphs, *, strictly: bool) -> tuple[child.Ended, ComparisonReader]:
        """`strictly`: the first error of a decoder ends it.

        Without, errors with which ffmpeg goes on do not count: behind a seek the first pictures may lack their
        references.
        """
        plan = self._plan
        confined = self._sandbox.for_child(source=self._candidate.source, rendition=self._candidate.output)
        command = confined.command(
            self._check.ffmpeg,
            arguments=(
                *("-hide_banner", "-nostdin", "-v", "error", "-copyts", *(("-xerror",) if strictly else ())),
                *(word for one in graphs.inputs for word in self._input(one, confined)),
                *("-filter_complex", graphs.text, "-filter_complex_threads", "1"),
                *(word for end in graphs.ends for word in ("-map", end)),
                # The filters print what is compared; the output itself is thrown away.
                *("-threads", "1", "-f", "null", "-"),
            ),
            rlimits=rlimits_for(
                plan,
                variant=self._variant,
                wall=plan.wall_limit,
                inputs=len(graphs.inputs),
            ),
        )
        reads_source = any(one.side == SOURCE for one in graphs.inputs)
        wall = min(plan.wall_limit, _WALL) if reads_source else plan.wall_limit
        reader = ComparisonReader(0.0 if plan.comparison is None else plan.comparison.start)
        ended = child.run(command, limits=WatchdogLimits(wall=wall), stop=self._stop, on_output=reader.read)
        return ended, reader

    def _input(self, one: Input, confined: ChildSandbox) -> Iterator[str]:
        is_source = one.side == SOURCE
        seek = one.seek if is_source else max(0.0, one.seek - self._candidate.start)
        if is_source:
            yield from self._plan.input_arguments(self._variant)
        else:
            # One thread: the plan's memory allows for no more.
            formats = self._variant.expectation.streams.formats
            yield from (*input_limits(self._check.limits, formats=formats), "-threads", "1")
        yield from ("-skip_frame:v", "nokey") if one.key_frames_only else ()
        # No seek to the very beginning: it may end behind it, since ffmpeg searches MPEG-TS by times.
        yield from ("-ss", f"{seek:.6f}") if seek > 0 else ()
        # Where the picture's size changes, the scaler adapts. A filter graph that is built anew in the middle loses
        # what it was about to print, and newer versions of ffmpeg wait for that for ever.
        yield from ("-reinit_filter:v", "0")
        yield from () if math.isinf(one.length) else ("-t", f"{one.length:.3f}")
        yield from ("-i", confined.source_url if is_source else confined.rendition_url)
