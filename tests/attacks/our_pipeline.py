"""One upload through our pipeline: probe, plan, transcode, verify."""

import dataclasses
import os
import threading
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, MediaprocError
from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.core.safe_text import shown
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import Attack, Observation
from tests.attacks.observers import datagram_port_watched, peak_memory_of_children
from tests.attacks.plain_pipeline import count_frames, names_in


def run_our_pipeline(attack: Attack, *, tools: Tools, sandbox: Sandbox, source: Path, port: int) -> Observation:
    """What our pipeline does with the upload; called in a process of its own, as the user that it is to run as."""
    before = names_in(source.parent)
    output = source.parent / "rendition.mp4"
    # `enqueue` prints the name in this form; tests/cli/test_hostile_text.py tests that.
    kept = [shown(os.fsencode(source.name))]
    streams = 0
    runner, stop = FfmpegRunner(tools, sandbox=sandbox, limits=attack.limits), threading.Event()
    with datagram_port_watched(port, stop=stop) as port_opened:
        try:
            outcome, streams = _attempt(attack, runner=runner, source=source, output=output, kept=kept, stop=stop)
        except MediaprocError as error:
            outcome = str(getattr(error, "error_class", type(error).__name__))
            kept += [str(error), getattr(error, "log_tail", "")]
    size = output.stat().st_size if output.is_file() else 0
    return Observation(
        outcome=outcome,
        connected=port_opened.is_set(),
        peak_memory=peak_memory_of_children(),
        frames=count_frames(output, tools=tools) if size else 0,
        output_size=size,
        streams=streams,
        kept="\n".join(kept),
        appeared=tuple(sorted(names_in(source.parent) - before - {output.name})),
    )


def _attempt(
    attack: Attack, *, runner: FfmpegRunner, source: Path, output: Path, kept: list[str], stop: threading.Event
) -> tuple[str, int]:
    probe = runner.probe(source, stop=stop)
    plan = make_plan(probe, profile=profile_named("mp4"), threads=1, limits=attack.limits)
    kept += _strings(probe)
    failure: MediaprocError | None = None
    for variant in plan.variants:
        try:
            report = runner.transcode(
                plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop
            )
            kept.append(report.log_tail)
            verification = runner.verify(output, source=source, plan=plan, variant=variant, stop=stop)
        except (AttemptFailed, BadSource) as error:
            kept += [str(error), getattr(error, "log_tail", "")]
            failure = error
            if error.error_class is ErrorClass.OUTPUT_TOO_LARGE:
                break
        else:
            kept += _strings(verification)
            return str(verification.result), probe.stream_count
    raise failure if failure is not None else AssertionError("a plan without variants")


def _strings(value: object) -> list[str]:
    """Every text that a value keeps, as it is: its repr would hide what is in it."""
    if isinstance(value, str):
        return [str(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [text for part in dataclasses.fields(value) for text in _strings(getattr(value, part.name))]
    return [text for part in value for text in _strings(part)] if isinstance(value, tuple) else []
